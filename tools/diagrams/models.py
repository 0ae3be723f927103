"""The models of the chapters."""

from __future__ import annotations

from tools.diagrams.sketch import FIRST, SECOND, Point, Sketch


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
    """A coupling layer, forwards and backwards, and three that take turns."""
    s = Sketch(640, 420)
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
    s.words((320, 240), "three layers that take turns")
    upper, lower = 285, 385
    for x, ends in ((40, ("*x*₁", "*x*₂")), (600, ("*z*₁", "*z*₂"))):
        for name, y in zip(ends, (upper, lower), strict=True):
            s.box((x, y), (56, 44), name)
    for k, x in enumerate((170, 320, 470)):
        kept, changed = (upper, lower) if k % 2 == 0 else (lower, upper)
        down = 1 if k % 2 == 0 else -1
        s.arrow((x, kept), (x, kept + 32 * down))
        s.box((x, (upper + lower) / 2), (64, 36), f"*m*{'₁₂₃'[k]}", kind="network")
        s.arrow((x, changed - 32 * down), (x, changed - 14 * down))
        s.circle((x, changed), "+")
    for y, stops in ((upper, (320,)), (lower, (170, 470))):
        start = 68
        for stop in stops:
            s.arrow((start, y), (stop - 14, y))
            start = stop + 13
        s.arrow((start, y), (571, y))
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
    """The three terms of Deep InfoMax, and what two local features see."""
    s = Sketch(700, 330)
    s.words((78, 22), "picture *x*")
    _striped_picture(s, (14, 34))
    s.arrow((142, 98), (170, 98))
    s.box((228, 98), (114, 46), "convolutions", kind="network")
    s.arrow((285, 98), (313, 98))
    for row in range(4):
        for column in range(4):
            kind = {(0, 0): "loss", (2, 2): "network"}.get((row, column), "code")
            s.box((328 + 22 * column, 65 + 22 * row), (20, 20), kind=kind)
    s.words((361, 30), "map of features *C*ᵢⱼ")
    s.arrow((406, 98), (440, 98))
    s.box((483, 98), (84, 46), "dense", kind="network")
    s.arrow((525, 98), (560, 98))
    s.box((612, 98), (102, 46), "code", "*z* ~ *p*(*z* | *x*)", kind="code")
    s.box((116, 300), (208, 50), "global: does *z* belong",
          "to this picture? *T*₁(*x*, *z*)", kind="loss")  # fmt: skip
    s.box((356, 300), (208, 50), "local: does *z* belong to",
          "this place? *T*₂(*C*ᵢⱼ, *z*)", kind="loss")  # fmt: skip
    s.box((590, 300), (190, 50), "prior: KL of *p*(*z* | *x*)", "to *N*(0, *I*)",
          kind="loss")  # fmt: skip
    s.arrow((78, 166), (78, 274), kind="loss")
    s.arrow((340, 144), (340, 274), kind="loss")
    s.arrow((600, 121), (600, 210), (176, 210), (176, 274), kind="loss")
    s.arrow((600, 210), (400, 210), (400, 274), kind="loss")
    s.arrow((640, 121), (640, 274), kind="loss")
    return s


def _striped_picture(s: Sketch, corner: Point) -> None:
    """Draw a picture of 16 pixels with stripes and a stamp, and two fields of view.

    A local feature of two blocks sees ten pixels; those at places (0, 0) and (2, 2)
    see pixels 0 to 6, cut off at the edge, and 5 to 14.
    """
    left, top = corner
    pixel = 8
    s.parts.append(
        f'<svg x="{left}" y="{top}" width="128" height="128" viewBox="0 0 128 128">'
        '<rect width="128" height="128" fill="#c9c9c9"/>'
    )
    s.parts += [
        f'<path d="M{x} -4L{x - 90} 132" stroke="#8a8a8a" stroke-width="13"/>'
        for x in range(20, 240, 34)
    ]
    for row, bits in enumerate(("1011", "0100", "1101", "0010")):
        for column, bit in enumerate(bits):
            s.parts.append(
                f'<rect x="{pixel * column}" y="{pixel * row}" width="{pixel}" '
                f'height="{pixel}" fill="{"#fff" if bit == "1" else "#000"}"/>'
            )
    s.parts.append("</svg>")
    for (first, last), colour in (((0, 6), SECOND), ((5, 14), FIRST)):
        side = pixel * (last - first + 1)
        s.parts.append(
            f'<rect x="{left + pixel * first}" y="{top + pixel * first}" '
            f'width="{side}" height="{side}" fill="none" stroke="{colour}" '
            'stroke-width="3"/>'
        )


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
