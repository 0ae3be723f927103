"""Vocabulary, models and losses of chapter 4."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.titles import (
    END,
    PAD,
    SPECIAL,
    START,
    UNK,
    CausalConvolution,
    PriorKnowledge,
    RecurrentModel,
    Vocabulary,
    article_config,
    causal_mask,
    log_likelihood,
    masked_softmax,
    source_indicator,
    title_loss,
    token_losses,
)
from rederived.chapters.titles.attention import (
    MultiHeadAttention,
    MultiplicativeAttention,
)
from rederived.chapters.titles.recurrent import Encoder, RecurrentConfig, TwoDirections
from rederived.chapters.titles.rollout import greedy_continuation
from rederived.chapters.titles.transformer import (
    Transformer,
    TransformerConfig,
    TransformerLayer,
)
from rederived.chapters.titles.vocabulary import trimmed
from tiny_titles import LENGTHS, MODELS, SIZE, batch, recurrent, transformer
from torch import nn

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1)

each_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


# Vocabulary


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_known_texts_come_back(texts):
    vocabulary = Vocabulary.build(texts)
    assert [vocabulary.decode(vocabulary.encode(t)) for t in texts] == texts
    assert len(vocabulary) == SPECIAL + len(set("".join(texts)))


def test_rare_and_unknown_characters():
    vocabulary = Vocabulary.build(["上海上海", "北"], min_count=2)
    assert vocabulary.characters == ("上", "海")
    assert vocabulary.encode("上北x") == [SPECIAL, UNK, UNK]
    assert vocabulary.decode([START, SPECIAL, UNK, END]) == "上"


def test_batches_are_cut_and_padded():
    vocabulary = Vocabulary(("甲", "乙"))
    assert vocabulary.texts(["甲乙甲", "乙"], 2).tolist() == [[4, 5], [5, PAD]]
    assert vocabulary.titles(["甲", "乙乙"], 9).tolist() == [
        [START, 4, END, PAD],
        [START, 5, 5, END],
    ]


def test_columns_of_padding_are_cut_off_but_for_one():
    rows = torch.tensor([[5, PAD, PAD], [5, 6, PAD]])
    assert trimmed(rows).tolist() == [[5, PAD], [5, 6]]
    assert trimmed(rows[:1]).tolist() == [[5]]
    assert trimmed(rows[:, 2:]).tolist() == [[PAD], [PAD]]


@pytest.mark.parametrize("characters", [("ab",), ("a", "a")])
def test_a_vocabulary_has_distinct_single_characters(characters):
    with pytest.raises(ValueError, match="distinct single"):
        Vocabulary(characters)


def test_an_empty_text_is_refused():
    with pytest.raises(ValueError, match="each a character"):
        Vocabulary(("a",)).texts(["a", ""], 5)


@each_model
def test_a_text_of_padding_is_refused(make):
    with pytest.raises(ValueError, match="without a token"):
        make().encode(torch.tensor([[PAD, PAD], [5, 6]]))


# Attention and masks


@pytest.mark.parametrize("sizes", [(8,), (8, 2)])
def test_attention_sums_to_one_on_real_keys_only(sizes, rng):
    torch.manual_seed(0)
    make = MultiHeadAttention if len(sizes) > 1 else MultiplicativeAttention
    attention = make(*sizes).double()
    values = torch.randn(2, 5, 8, dtype=torch.float64, generator=rng)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    keys = attention.prepare(values, mask)
    queries = torch.randn(2, 3, 8, dtype=torch.float64, generator=rng)
    if make is MultiplicativeAttention:
        weights = attention.weights(queries, keys)
        assert torch.allclose(weights.sum(-1), torch.ones(()).double())
        assert (weights[0, ..., 3:] == 0).all()
    moved = attention.prepare(values + 7.0 * ~mask[..., None], mask)
    assert torch.equal(attention(queries, keys), attention(queries, moved))


def test_attention_by_hand():
    attention = MultiplicativeAttention(1, divisor=2.0)
    nn.init.ones_(attention.kernel.weight)
    keys = attention.prepare(torch.tensor([[[2.0], [4.0]]]), torch.ones(1, 2).bool())
    found = attention(torch.tensor([[[3.0]]]), keys)
    share = 1 / (1 + torch.tensor(3.0).exp())  # scores 3 and 6
    assert torch.allclose(found, 2 * share + 4 * (1 - share))


def test_heads_are_torchs_attention(rng):
    torch.manual_seed(0)
    ours = MultiHeadAttention(8, 2).double()
    theirs = nn.MultiheadAttention(8, 2, batch_first=True).double()
    parts = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.data = torch.cat([p.weight.data for p in parts])
    theirs.in_proj_bias.data = torch.cat([p.bias.data for p in parts])
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    x = torch.randn(2, 5, 8, dtype=torch.float64, generator=rng)
    queries = torch.randn(2, 3, 8, dtype=torch.float64, generator=rng)
    mask = torch.tensor([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]).bool()
    expected, _ = theirs(queries, x, x, key_padding_mask=~mask)
    assert torch.allclose(ours(queries, ours.prepare(x, mask)), expected)


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="do not divide"):
        MultiHeadAttention(10, 4)


def test_the_causal_mask_by_hand():
    assert causal_mask(3).int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    weights = masked_softmax(torch.zeros(2, 2), causal_mask(2))
    assert weights.tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_a_causal_convolution_is_a_shifted_one(rng):
    torch.manual_seed(0)
    layer = CausalConvolution(3, context=2).double()
    x = torch.randn(1, 6, 3, dtype=torch.float64, generator=rng)
    shifted = nn.functional.pad(x.transpose(1, 2), (2, 0))
    expected = nn.functional.conv1d(shifted, layer.kernel[:, :, :3].data)
    assert torch.allclose(layer(x), expected.transpose(1, 2))


# Prior knowledge


def test_the_indicator_by_hand():
    text = torch.tensor([[5, 5, 6, PAD], [UNK, 7, PAD, PAD]])
    assert source_indicator(text, 8).tolist() == [[0] * 5 + [1, 1, 0], [0] * 7 + [1]]


def test_the_prior_averages_logits(rng):
    prior = PriorKnowledge(6).double()
    prior.log_scale.data = torch.arange(6).double()
    prior.shift.data = -torch.arange(6).double()
    chi = torch.tensor([[0, 0, 0, 0, 1, 0]]).double()
    y = torch.randn(1, 6, dtype=torch.float64, generator=rng)
    expected = y / 2 - torch.arange(6) / 2
    expected[0, 4] += torch.tensor(4.0).exp() / 2
    assert torch.allclose(prior(y, prior.logits(chi)), expected)


# Models


@pytest.mark.parametrize("size", [100, 7000])
def test_the_article_model_has_its_number_of_parameters(size):
    model = RecurrentModel(article_config(size))
    assert sum(p.numel() for p in model.parameters()) == 676_352 + 643 * size


def test_a_layer_is_torchs_with_the_norms_in_front(rng):
    torch.manual_seed(0)
    ours = TransformerLayer(TransformerConfig(9, 8, 2), decoder=True).double()
    for norm in ours.norms:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    theirs = nn.TransformerDecoderLayer(
        8, 2, 32, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    ).double()
    for own, other in (
        (ours.self_attention, theirs.self_attn),
        (ours.cross_attention, theirs.multihead_attn),
    ):
        parts = (own.query, own.key, own.value)
        other.in_proj_weight.data = torch.cat([p.weight.data for p in parts])
        other.in_proj_bias.data = torch.cat([p.bias.data for p in parts])
        other.out_proj.load_state_dict(own.out.state_dict())
    theirs.linear1.load_state_dict(ours.dense[0].state_dict())
    theirs.linear2.load_state_dict(ours.dense[2].state_dict())
    for k, norm in enumerate(ours.norms, 1):
        getattr(theirs, f"norm{k}").load_state_dict(norm.state_dict())
    x, text = torch.randn(2, 2, 5, 8, dtype=torch.float64, generator=rng)
    keys = ours.keys_of(text, torch.ones(2, 5).bool())
    found, _ = ours(x, None, causal_mask(5)[None, None], keys)
    assert torch.allclose(found, theirs(x, text, tgt_mask=~causal_mask(5)))


@each_model
def test_steps_agree_with_teacher_forcing(make, rng):
    model = make()
    text, titles = batch(rng)
    memory = model.encode(text)
    logits = model.decode(memory, titles[:, :-1])
    state = model.start(memory)
    for place in range(titles.shape[1] - 1):
        log_probs, state = model.step(titles[:, place], state, memory)
        expected = logits[:, place].log_softmax(-1)
        assert torch.allclose(log_probs, expected, atol=1e-12)


@each_model
def test_the_future_does_not_leak(make, rng):
    model = make()
    text, titles = batch(rng)
    before = model(text, titles)
    changed = titles.clone()
    changed[:, 4] = (changed[:, 4] + 1) % SIZE
    assert torch.equal(model(text, changed)[:, :4], before[:, :4])
    assert not torch.equal(model(text, changed)[:, 4:], before[:, 4:])


@pytest.mark.parametrize("name", ["recurrent", "plain", "transformer"])
def test_padding_of_texts_changes_nothing(name, rng):
    model = MODELS[name]()
    text, titles = batch(rng)
    more = nn.functional.pad(text, (0, 6), value=PAD)
    before, after = model(text, titles), model(more, titles)
    assert (before - after).abs().max() < 1e-12
    alone = model(text[1:2, : LENGTHS[1]], titles[1:2])
    assert (alone - before[1:2]).abs().max() < 1e-12


def test_without_lengths_the_encoder_depends_on_padding(rng):
    model = MODELS["article"]()
    text, titles = batch(rng)
    more = nn.functional.pad(text, (0, 6), value=PAD)
    assert (model(text, titles) - model(more, titles)).abs().max() > 1e-4


def test_with_lengths_it_does_not_even_in_single_precision(rng):
    torch.manual_seed(0)
    encoder = Encoder(16, knows_lengths=True)
    x = torch.randn(2, 5, 16, generator=rng)
    alone = encoder(x, torch.tensor([5, 5]))
    padded = nn.functional.pad(x, (0, 0, 0, 20))
    both = encoder(padded, torch.tensor([5, 5]))
    assert (both[:, :5] - alone).abs().max() < 1e-6


def test_an_encoding_reads_both_directions(rng):
    model = MODELS["recurrent"]()
    text, _ = batch(rng)
    mask = text != PAD
    x = model.source_embedding(text).detach().requires_grad_()
    model.encoder(x, mask.sum(1))[0, 4].sum().backward()
    assert (x.grad[0, : LENGTHS[0]].abs().sum(-1) > 0).all()


def test_shared_embeddings_are_one():
    shared, apart = recurrent(), recurrent(shared=False)
    assert shared.source_embedding is shared.target_embedding
    counts = [sum(p.numel() for p in m.parameters()) for m in (shared, apart)]
    assert counts[1] - counts[0] == 16 * SIZE


def test_the_decoder_is_a_language_model_until_the_interaction(rng):
    text, titles = batch(rng)
    model = recurrent()
    states = [model._states(model.encode(t), titles) for t in (text, text.flip(1))]
    assert torch.equal(*states)


def test_maps_of_attention(rng):
    text, titles = batch(rng)
    weights = recurrent().attention_weights(text, titles)
    assert weights.shape == (3, 7, 9)
    assert (weights[1, :, LENGTHS[1] :] == 0).all()
    with pytest.raises(ValueError, match="no attention"):
        MODELS["plain"]().attention_weights(text, titles)


def test_a_transformers_tables_begin_with_rows_of_length_one():
    torch.manual_seed(1)
    model = Transformer(TransformerConfig(500, width=64, positions=300))
    for table in (model.embedding, model.positions):
        lengths = table.weight.detach().square().sum(1)
        assert float(lengths.mean()) == pytest.approx(1.0, abs=0.1)


def test_a_transformer_says_what_is_too_long():
    with pytest.raises(ValueError, match="more than the 40 positions"):
        transformer().encode(torch.full((1, 41), 5))


# Losses


@each_model
def test_the_loss_is_the_sum_over_the_chain(make, rng):
    model = make()
    text, titles = batch(rng)
    found = log_likelihood(model, text, titles)
    for row, title in enumerate(titles.tolist()):
        tokens = [n for n in title if n != PAD]
        real = text[row : row + 1, : LENGTHS[row]]
        if make is MODELS["article"]:  # reads the padding
            real = text[row : row + 1]
        total = 0.0
        for place in range(1, len(tokens)):
            prefix = torch.tensor([tokens[:place]])
            probabilities = model(real, prefix)[0, -1].softmax(-1).detach()
            total += float(probabilities[tokens[place]].log())
        assert abs(total - found[row].item()) < 1e-9


def test_the_mean_loss_counts_real_tokens(rng):
    model = recurrent()
    text, titles = batch(rng)
    logits = model(text, titles[:, :-1])
    total = token_losses(logits, titles[:, 1:]).sum()
    real = int((titles[:, 1:] != PAD).sum())
    assert torch.allclose(title_loss(model, text, titles), total / real)
    padded = nn.functional.pad(text, (0, 3)), nn.functional.pad(titles, (0, 2))
    assert torch.allclose(title_loss(model, *padded), total / real)


def test_free_running_is_the_likeliest_token_of_a_forced_title(rng):
    model = recurrent()
    text, titles = batch(rng)
    free = greedy_continuation(model, text, titles[:, :1], 6)
    begun = torch.cat([titles[:, :1], free[:, :2]], 1)
    assert torch.equal(greedy_continuation(model, text, begun, 4), free[:, 2:])
    for wrong in (titles[:, :0], titles[:, 1:2]):
        with pytest.raises(ValueError, match="has to begin with START"):
            greedy_continuation(model, text, wrong, 4)
    forced = torch.cat([titles[:, :1], free], 1)
    logits = model.decode(model.encode(text), forced[:, :-1])
    assert torch.equal(logits.argmax(-1), free)


def test_two_directions_are_torchs_bidirectional_layer_on_packed_texts(rng):
    layer, lengths = TwoDirections(16), torch.tensor([4, 9, 1])
    torchs = nn.LSTM(16, 8, batch_first=True, bidirectional=True)
    state = {**layer.forwards.state_dict()}
    state |= {f"{n}_reverse": w for n, w in layer.backwards.state_dict().items()}
    torchs.load_state_dict(state)
    x = torch.randn(3, 9, 16, generator=rng)
    packed = nn.utils.rnn.pack_padded_sequence(
        x, lengths, batch_first=True, enforce_sorted=False
    )
    expected, _ = nn.utils.rnn.pad_packed_sequence(torchs(packed)[0], batch_first=True)
    inside = torch.arange(9) < lengths[:, None]
    assert torch.allclose(layer(x, lengths)[inside], expected[inside], atol=1e-6)


def small_transformer() -> Transformer:
    torch.manual_seed(0)
    return Transformer(TransformerConfig(60, width=16, positions=12)).eval()


def test_what_is_known_of_a_place_depends_on_the_whole_text() -> None:
    model = small_transformer()
    keys = [model.encode(torch.tensor([[9, 8, last]]))[0] for last in (7, 6)]
    first, second = (torch.stack(list(one)[:2])[..., 0, :] for one in keys)
    assert not torch.allclose(first, second)


def test_tokens_and_places_are_scaled_by_the_root_of_the_width() -> None:
    model = small_transformer()
    tokens = torch.tensor([[9, 8, 7]])
    rows = model.embedding.weight[tokens[0]] + model.positions.weight[:3]
    torch.testing.assert_close(model._embed(tokens, 0)[0], 4 * rows)


def test_a_text_of_one_token_is_encoded() -> None:
    model = RecurrentModel(RecurrentConfig(60, width=8, hidden=8)).eval()
    model.encode(torch.tensor([[9]]))
    with pytest.raises(ValueError, match="without a token"):
        model.encode(torch.tensor([[0]]))


def test_the_articles_model_divides_by_ten() -> None:
    config = article_config(100)
    assert (config.divisor, config.knows_lengths) == (10.0, False)


def test_padding_in_front_cuts_nothing_off() -> None:
    text = torch.tensor([[PAD, PAD, 7, 8, PAD], [PAD, 9, 7, 8, PAD]])
    assert torch.equal(trimmed(text), text[:, :4])
