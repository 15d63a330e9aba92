"""Decode a picture of any format that Pillow reads to 8-bit RGB, reduced while it is decoded."""

import struct
import warnings
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, ImageStat

from pipeline.core.errors import PipelineError, describe

MAX_SIDE = 16_384  # pixels, after the reduction
MAX_PIXELS = 200_000_000  # likewise; those of a PNG take 0.8 GB of memory, with more than 8 bits a channel 5 GB
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow itself refuses twice as many, before any reduction
WORK_SIDE = 400  # pixels; the longer side of what read_picture returns is at most this
PROGRAMS = {"EPS"}  # formats that are programs, which Pillow lets Ghostscript run
DECODER_ERRORS = (  # what Pillow's decoders raise
    *(OSError, ValueError, SyntaxError, EOFError, TypeError, AttributeError, RuntimeError, LookupError),
    *(ArithmeticError, MemoryError, struct.error, zlib.error),
)


def read_picture(source: Path | BinaryIO, name: str) -> np.ndarray:
    """The first frame of a picture, upright, uint8 (H, W, 3) with H and W at most WORK_SIDE.

    Args:
        source: A file, or its path.
        name: What to call it in the PipelineError that any fault of it becomes.
    """
    Image.init()
    formats = [each for each in Image.ID if each not in PROGRAMS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(source, formats=formats) as opened:
                opened.draft(None, (2 * WORK_SIDE, 2 * WORK_SIDE))  # a JPEG can be decoded at an eighth of its size
                _check_size(opened.size, name)
                ImageOps.exif_transpose(opened, in_place=True)
                picture = _eight_bits(opened)
                mode = "RGBA" if picture.has_transparency_data else "RGB"
                picture = picture if picture.mode == mode else picture.convert(mode)
                picture.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.BOX)
        except Image.DecompressionBombError:
            raise _too_large(name, 2 * MAX_PIXELS) from None
        except Image.UnidentifiedImageError:
            raise PipelineError(f"{name}: not a picture that Pillow reads; convert it to PNG, for one") from None
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise PipelineError(f"{name}: {error.strerror}; expected a picture of a digit") from None
        except DECODER_ERRORS as error:
            raise PipelineError(f"{name}: a damaged picture ({describe(error)})") from None
    return np.asarray(_opaque(picture) if picture.mode == "RGBA" else picture)


def _check_size(size: tuple[int, int], name: str) -> None:
    if max(size) > MAX_SIDE:
        raise PipelineError(f"{name}: {max(size):,} pixels long; expected at most {MAX_SIDE:,}")
    if size[0] * size[1] > MAX_PIXELS:
        raise _too_large(name, MAX_PIXELS)


def _too_large(name: str, pixels: int) -> PipelineError:
    return PipelineError(f"{name}: more than {pixels:,} pixels; make it smaller")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale a picture of more than 8 bits a channel to 0..255, its darkest to its lightest; return any other as is.

    Infinities count as the darkest or the lightest finite value, what is not a number as the darkest.
    """
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture, dtype=np.float64)
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return Image.fromarray(((values - low) * (255 / max(high - low, 1e-6))).round().astype(np.uint8))


def _opaque(picture: Image.Image) -> Image.Image:
    """Draw an RGBA picture on its border's colour, or if that is transparent, dark ink on white, light ink on black."""
    border = border_pixels(np.asarray(picture))
    solid = border[border[:, 3] > 127]
    if 2 * len(solid) > len(border):
        colour = tuple(np.median(solid[:, :3], axis=0).round().astype(int).tolist())
    else:
        seen = ImageStat.Stat(picture.convert("RGB").convert("L"), picture.getchannel("A"))
        colour = (0, 0, 0) if seen.sum[0] > 127 * seen.count[0] else (255, 255, 255)
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*colour, 255)), picture).convert("RGB")


def border_pixels(pixels: np.ndarray) -> np.ndarray:
    """The pixels along the four sides of (H, W, channels), as (N, channels)."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
