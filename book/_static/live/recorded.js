/* Made by tools/live_numbers.py from the records; not to be edited. */
window.rederived.recorded = {
  mixing: {"seeds":[21.3,21.9,20.6,21.6,22.9],"mean":21.66,"low":20.6115,"high":22.7085,"given":0.0},
  flow: {"seeds":[262.3921,261.2987,261.1836],"mean":261.6248,"low":259.968,"high":263.2817,"given":1811.9117},
  beam: {"seeds":[21.988,21.4242,21.47],"mean":21.6274,"low":20.8495,"high":22.4052,"given":22.3496},
  banana: {"seeds":[0.3705,0.3808,0.3789],"mean":0.3767,"low":0.3632,"high":0.3903,"given":0.2053},
  table: {"seeds":[25.68,20.02,24.67,24.82,26.29],"mean":24.296,"low":21.2174,"high":27.3746,"given":27.286},
  valley: {"seeds":[0.3666,0.3606,0.3978,0.4163,0.3983],"mean":0.3879,"low":0.3587,"high":0.4171,"given":0.2293},
  rate: {"seeds":[5.1481,3.7862,4.2002],"mean":4.3782,"low":2.6438,"high":6.1125,"given":7.0992},
};
