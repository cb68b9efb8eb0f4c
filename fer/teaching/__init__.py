"""Teaching: a visitor's own captures, and a personal model that learns from them.

`captures` holds the values, `archive` their zip, `filtering` makes a take of frames, `learning`
and `comparison` teach and judge, `personal` is the model folder. No TensorFlow here.
"""
