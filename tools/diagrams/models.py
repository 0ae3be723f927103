"""The models of the chapters."""

from __future__ import annotations

from tools.diagrams.sketch import Sketch


def diagrams() -> dict[str, str]:
    """Return file name -> SVG."""
    made = {
        "joint": joint(),
        "coupling": coupling(),
        "titles": titles(),
        "f-vae": f_vae(),
        "infomax": infomax(),
        "vae": vae(),
    }
    return {f"{name}.svg": sketch.svg() for name, sketch in made.items()}


def joint() -> Sketch:
    """Two joint distributions, one begun from the data and one from the prior."""
    s = Sketch(640, 250)
    s.words((40, 34), "*p*(*x*, *z*), from the data", anchor="start")
    s.box((110, 75), (140, 46), "data *p̃*(*x*)")
    s.box((530, 75), (140, 46), "codes *p*(*z*)", kind="code")
    s.arrow((180, 75), (459, 75), kind="network")
    s.words((320, 64), "posterior *p*(*z* | *x*)")
    s.words((40, 236), "*q*(*x*, *z*), from the prior", anchor="start")
    s.box((110, 185), (140, 46), "model *q*(*x*)")
    s.box((530, 185), (140, 46), "prior *q*(*z*)", kind="code")
    s.arrow((460, 185), (181, 185), kind="network")
    s.words((320, 206), "generator *q*(*x* | *z*)")
    s.arrow((320, 112), (320, 90), kind="loss")
    s.arrow((320, 148), (320, 170), kind="loss")
    s.words((320, 136), "KL(*p*(*x*, *z*) ‖ *q*(*x*, *z*)), computed")
    s.arrow((60, 130), (60, 101), kind="loss", dashed=True)
    s.arrow((60, 130), (60, 159), kind="loss", dashed=True)
    s.words((72, 136), "KL(*p̃* ‖ *q*), wanted", anchor="start", size=14)
    return s


def coupling() -> Sketch:
    """A coupling layer, forwards and backwards."""
    s = Sketch(640, 210)
    for left, names, sign, title in (
        (0, ("*x*₁", "*x*₂", "*h*₁", "*h*₂"), "+", "forwards"),
        (330, ("*h*₁", "*h*₂", "*x*₁", "*x*₂"), "−", "backwards"),
    ):
        s.words((left + 155, 24), title)
        for name, place in zip(names, ((40, 65), (40, 165), (270, 65), (270, 165)),
                               strict=True):  # fmt: skip
            s.box((left + place[0], place[1]), (56, 44), name)
        s.arrow((left + 68, 65), (left + 241, 65))
        s.arrow((left + 68, 165), (left + 141, 165))
        s.arrow((left + 168, 165), (left + 241, 165))
        s.arrow((left + 155, 65), (left + 155, 93))
        s.box((left + 155, 111), (64, 36), "*m*", kind="network")
        s.arrow((left + 155, 129), (left + 155, 151))
        s.circle((left + 155, 165), sign)
    return s


def titles() -> Sketch:
    """Encoder, decoder, attention and prior of chapter 4."""
    s = Sketch(700, 370)
    s.box((85, 40), (130, 44), "text")
    s.arrow((150, 40), (208, 40))
    s.box((290, 40), (164, 44), "two LSTM layers,", "both directions",
          kind="network")  # fmt: skip
    s.arrow((372, 40), (438, 40))
    s.box((510, 40), (144, 44), "an encoding *k*ⱼ", "for each place", kind="code")
    s.box((85, 150), (130, 44), "title so far")
    s.arrow((150, 150), (208, 150))
    s.box((290, 150), (164, 44), "two LSTM layers,", "forwards", kind="network")
    s.arrow((372, 150), (438, 150))
    s.words((404, 140), "*q*ᵢ")
    s.box((510, 150), (144, 44), "attention:", "which *k*ⱼ matter?",
          kind="network")  # fmt: skip
    s.arrow((510, 62), (510, 127))
    s.arrow((510, 172), (510, 225))
    s.words((522, 204), "*c*ᵢ", anchor="start")
    s.arrow((404, 150), (404, 248), (437, 248))
    s.words((396, 222), "*q*ᵢ", anchor="end")
    s.arrow((582, 40), (650, 40), (650, 248), (583, 248))
    s.words((644, 136), "largest:", size=13, anchor="end")
    s.words((644, 152), "summary", size=13, anchor="end")
    s.box((510, 248), (144, 44), "dense layers:", "logits *y*", kind="network")
    s.box((85, 320), (130, 44), "characters of", "the text, *χ*")
    s.arrow((20, 40), (8, 40), (8, 320), (19, 320))
    s.arrow((150, 320), (208, 320))
    s.box((290, 320), (164, 44), "prior *ŷ* = *s* ⊗ *χ* + *t*", kind="network")
    s.arrow((372, 320), (437, 320))
    s.arrow((510, 270), (510, 297))
    s.box((510, 320), (144, 44), "mean of *y* and *ŷ*,", "softmax", kind="network")
    s.arrow((582, 320), (612, 320))
    s.words((616, 316), "next", anchor="start")
    s.words((616, 333), "character", anchor="start")
    return s


def f_vae() -> Sketch:
    """The article's f-VAE, in training and in drawing."""
    s = Sketch(700, 260)
    s.box((60, 170), (90, 44), "picture *x*")
    s.arrow((105, 170), (138, 170))
    s.box((190, 170), (102, 44), "encoder *E*", kind="network")
    s.arrow((241, 170), (276, 170))
    s.circle((290, 170), "+")
    s.arrow((290, 222), (290, 184))
    s.words((290, 242), "noise *σ*₁*u*")
    s.arrow((303, 170), (346, 170))
    s.box((372, 170), (50, 44), "*h*", kind="code")
    s.arrow((397, 170), (448, 170))
    s.box((510, 170), (122, 44), "generator *G*", kind="network")
    s.arrow((571, 170), (604, 170))
    s.box((650, 170), (90, 44), "*G*(*h*)")
    s.arrow((360, 147), (360, 63), kind="network")
    s.arrow((384, 62), (384, 146), kind="network", dashed=True)
    s.words((348, 110), "flow *F*, to train", anchor="end")
    s.words((396, 110), "*F*⁻¹, to draw a picture", anchor="start")
    s.box((372, 40), (50, 44), "*z*", kind="code")
    s.words((410, 46), "compared with *N*(0, *I*)", anchor="start")
    s.words((650, 214), "compared", size=14)
    s.words((650, 231), "with *x*", size=14)
    return s


def infomax() -> Sketch:
    """The three terms of Deep InfoMax."""
    s = Sketch(700, 300)
    s.box((70, 80), (110, 46), "picture *x*")
    s.arrow((125, 80), (176, 80))
    s.box((240, 80), (126, 46), "convolutions", kind="network")
    s.arrow((303, 80), (354, 80))
    for row in range(3):
        for column in range(3):
            s.box((368 + 22 * column, 58 + 22 * row), (20, 20), kind="code")
    s.words((390, 30), "map of features *C*ᵢⱼ")
    s.arrow((425, 80), (466, 80))
    s.box((512, 80), (90, 46), "dense", kind="network")
    s.arrow((557, 80), (598, 80))
    s.box((645, 80), (92, 46), "code", "*z* ~ *p*(*z* | *x*)", kind="code")
    for x, start, lines in (
        (
            120,
            (70, 104),
            ("global: does *z* belong", "to this picture? *T*₁(*x*, *z*)"),
        ),
        (
            360,
            (390, 124),
            ("local: does *z* belong to", "this place? *T*₂(*C*ᵢⱼ, *z*)"),
        ),
        (590, (690, 104), ("prior: KL of *p*(*z* | *x*)", "to *N*(0, *I*)")),
    ):
        s.box((x, 265), (210 if x != 590 else 180, 50), *lines, kind="loss")
        if x == 590:
            s.arrow((start[0] - 45, start[1]), (645, 239), kind="loss")
        else:
            s.arrow(start, (start[0], 239), kind="loss")
            s.arrow((620, 104), (620, 170 + x / 12), (x + 60, 170 + x / 12),
                    (x + 60, 239), kind="loss")  # fmt: skip
    return s


def vae() -> Sketch:
    """A VAE, with the two parts of its loss."""
    s = Sketch(640, 200)
    s.box((65, 60), (100, 46), "picture *x*")
    s.arrow((115, 60), (146, 60))
    s.box((215, 60), (136, 46), "encoder *p*(*z* | *x*)", kind="network")
    s.arrow((283, 60), (314, 60))
    s.box((345, 60), (60, 46), "code *z*", kind="code")
    s.arrow((375, 60), (406, 60))
    s.box((475, 60), (136, 46), "decoder *q*(*x* | *z*)", kind="network")
    s.arrow((543, 60), (572, 60))
    s.words((605, 66), "*x* again")
    s.box((215, 160), (210, 50), "rate: KL of *p*(*z* | *x*)", "to the prior *q*(*z*)",
          kind="loss")  # fmt: skip
    s.arrow((215, 83), (215, 134), kind="loss")
    s.box((475, 160), (210, 50), "fit: log *q*(*x* | *z*), less", "that of the data",
          kind="loss")  # fmt: skip
    s.arrow((475, 83), (475, 134), kind="loss")
    return s
