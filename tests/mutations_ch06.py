"""Mutations of chapter 6: estimators, networks, objective, and the page's checks."""

from mutation import on_page, tested

TESTS = "test_infomax.py::"

LIBRARY = [
    tested(
        "split layer gives both products the first part",
        "infomax/networks",
        "right = nn.functional.linear(second, weights[1])",
        "right = 0 * nn.functional.linear(second, weights[1])",
        TESTS + "test_the_split_layer_is_the_joined_one",
    ),
    tested(
        "encoder averages the places instead of taking the largest",
        "infomax/networks",
        "top = self.body(grid).amax((2, 3))",
        "top = self.body(grid).mean((2, 3))",
        TESTS + "test_exchanging_pooling_and_relu_changes_nothing",
    ),
    tested(
        "global term as the text sees the code",
        "infomax/objective",
        'picture = z if self.form == "code" else seen.map.flatten(1)',
        "picture = seen.map.flatten(1)",
        TESTS + "test_only_the_text_form_sees_the_picture",
    ),
    tested(
        "rate summed over the coordinates",
        "infomax/objective",
        "rate = kl_to_standard(seen.mean, seen.log_variance).mean() / z.shape[1]",
        "rate = kl_to_standard(seen.mean, seen.log_variance).mean()",
        TESTS + "test_terms_by_hand",
    ),
    tested(
        "cosine without normalisation",
        "infomax/neighbours",
        'if metric == "cosine":',
        'if metric == "angle":',
        TESTS + "test_neighbours_and_votes_are_scikit_learns",
    ),
    tested(
        "Donsker and Varadhan sums instead of averaging",
        "infomax/estimates",
        "(flat.logsumexp(0) - math.log(len(flat)))",
        "flat.logsumexp(0)",
        TESTS + "test_donsker_varadhan_is_exact_on_a_table",
    ),
    tested(
        "Donsker and Varadhan's estimator gives JS",
        "infomax/pairs",
        'if self.kind == "dv":',
        'if self.kind == "mine":',
        TESTS + "test_a_trained_discriminator_finds_the_dependence",
    ),
    tested(
        "the estimator of InfoNCE gives JS",
        "infomax/pairs",
        'if self.kind == "nce":',
        'if self.kind == "cpc":',
        TESTS + "test_a_trained_discriminator_finds_the_dependence",
    ),
    tested(
        "InfoNCE without log K",
        "infomax/estimates",
        "return picked.mean() + math.log(count)",
        "return picked.mean()",
        TESTS + "test_info_nce_is_cross_entropy_and_at_most_log_k",
    ),
    tested(
        "every objective draws another encoder",
        "experiments/infomax/objectives",
        "start(encoder, generator(seed, _ENCODER))",
        "start(encoder, generator(seed, _ENCODER, len(config.objective)))",
        "test_experiments_infomax.py::test_every_objective_starts_from_the_same_encoder",
    ),
    tested(
        "pictures of the test are those of the training",
        "experiments/infomax/data",
        "test=pixels[-_HELD_OUT:],",
        "test=pixels[:_HELD_OUT],",
        "test_experiments_infomax.py::test_the_validation_part_is_cut_without_overlap",
    ),
    tested(
        "the classifier's hidden layer is linear",
        "experiments/infomax/classifiers",
        "            nn.ReLU(),\n",
        "            nn.Identity(),\n",
        "test_experiments_infomax.py::test_the_classifier_finds_what_a_line_cannot",
    ),
    tested(
        "the classifier of codes sees the map",
        "experiments/infomax/classifiers",
        "_accuracy(train.mean, test.mean, pictures, seed)",
        "_accuracy(train.map, test.map, pictures, seed)",
        "test_experiments_infomax.py::test_the_classifier_finds_what_a_line_cannot",
    ),
]

PAGE = [
    on_page(
        "product of the marginals is the law of x alone",
        "infomax/tables",
        "return first.unsqueeze(-1) * second.unsqueeze(-2)",
        "return first.unsqueeze(-1) * torch.ones_like(joint) / joint.shape[-1]",
        "6.1",
    ),
    on_page(
        "rate enters with the weight of the information",
        "infomax/tables",
        "return rate_weight * rate - information_weight * mutual_information(joint)",
        "return information_weight * (rate - mutual_information(joint))",
        "6.2",
    ),
    on_page(
        "information the other way round",
        "distributions/tables",
        "return kl(joint, product, (-2, -1))",
        "return kl(product, joint, (-2, -1))",
        "6.3",
        "6.16",
    ),
    on_page(
        "ceiling without its second part",
        "infomax/tables",
        "return math.log(2.0) + 0.5 * inside",
        "return math.log(2.0) + 0.25 * inside",
        "6.4",
    ),
    on_page(
        "negatives are scored like positives",
        "infomax/tables",
        "functional.logsigmoid(-scores)).sum((-2, -1))",
        "functional.logsigmoid(-2 * scores)).sum((-2, -1))",
        "6.5",
    ),
    on_page(
        "softplus form forgets a sign",
        "infomax/estimates",
        "return -_softplus(-own).mean() - _softplus(other).mean()",
        "return -_softplus(own).mean() - _softplus(other).mean()",
        "6.6",
    ),
    on_page(
        "JS of a normal pair without a half",
        "infomax/normals",
        "return float(0.5 * (own + other)) + math.log(2.0)",
        "return float(own + other) + 2 * math.log(2.0)",
        "6.7",
        "6.8",
    ),
    on_page(
        "negative samples count once",
        "infomax/tables",
        "return own + negatives * other",
        "return own + other",
        "6.15",
    ),
    on_page(
        "a picture is its own stranger",
        "infomax/estimates",
        "partner[order] = order.roll(1)",
        "partner[order] = order",
        "6.4",
        "6.9",
        "6.10",
    ),
    on_page(
        "prior term of no weight",
        "infomax/objective",
        "total = self.weights.rate * terms.rate",
        "total = 0.0 * terms.rate",
        "6.11",
    ),
    on_page(
        "neighbours by distance are the farthest",
        "infomax/neighbours",
        "(2.0 * part @ keys.T - length).topk(count, dim=1).indices",
        "(2.0 * part @ keys.T - length).topk(\n"
        '            count, dim=1, largest=metric == "cosine"\n'
        "        ).indices",
        "6.12",
        "6.14",
    ),
    on_page(
        "information among the patches replaces the local one",
        "experiments/infomax/config",
        '"local-among": replace(base, whole=0.0, among=0.5)',
        '"local-among": replace(base, whole=0.0, local=0.0, rate=9.0)',
        "6.13",
    ),
]

CHAPTER_6 = [*LIBRARY, *PAGE]
