"""Turn a picture of one digit into 28×28 pixels as MNIST has them."""

import math
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageOps, ImageStat

from models.constants import IMAGE_SIZE
from pipeline.core.errors import PipelineError, describe

BOX = 20  # the longer side of the ink
CENTRE = 14  # row and column of the ink's centre of mass
FAINT = 0.2  # share of the strongest contrast below which nothing is ink: JPEG artifacts, the grain of paper
FLAT = 16  # of 255; a picture with less contrast is empty
MAX_SIDE = 16_384  # pixels
PROGRAMS = {"EPS"}  # formats that are programs, which Pillow lets Ghostscript run
DECODER_ERRORS = (  # what Pillow's decoders raise
    *(OSError, ValueError, SyntaxError, EOFError, TypeError, AttributeError, RuntimeError, LookupError),
    *(ArithmeticError, MemoryError, struct.error, zlib.error),
)


def prepare(path: Path) -> np.ndarray:
    """The digit in a picture, uint8 (28, 28, 1), light on black; PipelineError if the file is not such a picture.

    As in MNIST (LeCun et al., 1998), the ink is scaled into 20×20 pixels with its aspect ratio kept, then centred by
    its centre of mass. Ink is what differs from the colour of the picture's border.
    """
    ink = _ink(_read(path))
    strongest = ink.getextrema()[1]
    if strongest < FLAT:
        raise PipelineError(f"{path}: all pixels are alike; expected a digit on a plain background")
    box = ink.point(lambda value: 255 * (value >= FAINT * strongest)).getbbox()
    return _centred(_fitted(ink, box))[..., np.newaxis]


def _read(path: Path) -> Image.Image:
    """The first frame of the picture, upright, as RGB or RGBA."""
    Image.init()
    formats = [name for name in Image.ID if name not in PROGRAMS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=formats) as opened:
                if max(opened.size) > MAX_SIDE:
                    raise PipelineError(f"{path}: {max(opened.size):,} pixels long; expected at most {MAX_SIDE:,}")
                picture = _eight_bits(ImageOps.exif_transpose(opened))
                return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise PipelineError(f"{path}: more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
        except Image.UnidentifiedImageError:
            raise PipelineError(f"{path}: not a picture that Pillow reads; convert it to PNG, for one") from None
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise PipelineError(f"{path}: {error.strerror}; expected a picture of a digit") from None
        except DECODER_ERRORS as error:
            raise PipelineError(f"{path}: a damaged picture ({describe(error)})") from None


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Scale a picture of more than 8 bits a channel to 0..255, its darkest to its lightest; return any other as is."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
    span = max(float(np.ptp(values)), 1e-6)
    return Image.fromarray(((values - values.min()) * (255 / span)).round().astype(np.uint8))


def _ink(picture: Image.Image) -> Image.Image:
    """The distance of each pixel's colour from the border's, 0 to 255: the same for dark on light and light on dark."""
    if picture.mode == "RGBA":
        picture = _opaque(picture)
    background = tuple(np.median(_border(picture), axis=0).round().astype(int).tolist())
    bands = ImageChops.difference(picture, Image.new("RGB", picture.size, background)).split()
    return ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])


def _opaque(picture: Image.Image) -> Image.Image:
    """Draw an RGBA picture on its border's colour, or if that is transparent, dark ink on white, light ink on black."""
    border = _border(picture)
    solid = border[border[:, 3] > 127]
    if 2 * len(solid) > len(border):
        colour = tuple(np.median(solid[:, :3], axis=0).round().astype(int).tolist())
    else:
        seen = ImageStat.Stat(picture.convert("RGB").convert("L"), picture.getchannel("A"))
        colour = (0, 0, 0) if seen.sum[0] > 127 * seen.count[0] else (255, 255, 255)
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*colour, 255)), picture).convert("RGB")


def _border(picture: Image.Image) -> np.ndarray:
    """The pixels along the four sides, uint8 (N, channels)."""
    width, height = picture.size
    sides = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    return np.concatenate([np.asarray(picture.crop(side)).reshape(-1, len(picture.getbands())) for side in sides])


def _fitted(ink: Image.Image, box: tuple[int, int, int, int]) -> np.ndarray:
    """Scale the ink in `box`, and the faint ink around it, to uint8 (20, 20) with a maximum of 255."""
    sides = box[2] - box[0], box[3] - box[1]
    pixel = max(sides) / BOX  # of the result, measured in the picture's
    left, top = (begin - (BOX - round(side / pixel)) // 2 * pixel for begin, side in zip(box[:2], sides, strict=True))
    right, bottom = left + max(sides), top + max(sides)
    outer = math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)
    inner = left - outer[0], top - outer[1], right - outer[0], bottom - outer[1]
    small = ink.crop(outer).resize((BOX, BOX), Image.Resampling.BOX, box=inner)
    values = np.asarray(small, dtype=np.float32)
    return (values * (255 / values.max())).round().astype(np.uint8)


def _centred(ink: np.ndarray) -> np.ndarray:
    """Place the ink in 28×28 black pixels, its centre of mass as near the middle as whole pixels allow."""
    centre = (float(np.average(np.arange(BOX), weights=ink.sum(axis=axis))) for axis in (1, 0))
    row, column = (min(max(round(CENTRE - place), 0), IMAGE_SIZE - BOX) for place in centre)
    return np.pad(ink, ((row, IMAGE_SIZE - BOX - row), (column, IMAGE_SIZE - BOX - column)))
