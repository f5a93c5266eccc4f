"""Faces: found, turned upright, judged in words, and made into prints that can be compared.

`contract` says what an encoder is; `dlib_onnx` holds the default one; `centring` and
`calibration` turn two prints into evidence. Importing this package loads no model.
"""
