"""All mutations, those of the house and those of each chapter."""

from mutations_ch01 import CHAPTER_1
from mutations_ch02 import CHAPTER_2
from mutations_ch03 import CHAPTER_3
from mutations_ch04 import CHAPTER_4
from mutations_ch05 import CHAPTER_5, ON_PAGE_5
from mutations_ch05_experiment import EXPERIMENT_5
from mutations_ch05_flows import CHAPTER_5_FLOWS
from mutations_ch06 import CHAPTER_6
from mutations_ch07 import CHAPTER_7
from mutations_ch08 import CHAPTER_8
from mutations_house import HOUSE

MUTATIONS = [
    *HOUSE,
    *CHAPTER_1,
    *CHAPTER_2,
    *CHAPTER_3,
    *CHAPTER_4,
    *CHAPTER_5,
    *ON_PAGE_5,
    *EXPERIMENT_5,
    *CHAPTER_5_FLOWS,
    *CHAPTER_6,
    *CHAPTER_7,
    *CHAPTER_8,
]
