"""Maps over faces: the right colours in the right places."""

from __future__ import annotations

import numpy as np
import pytest

from fer.visualization import heat


def test_for_is_green_against_is_violet_and_nothing_leaves_the_face() -> None:
    pixels = np.full((48, 48, 1), 128, np.uint8)
    values = np.zeros((3, 3), np.float32)
    values[0, 0], values[2, 2] = 1.0, -1.0
    picture = heat.overlay(pixels, values, side=90).astype(int)
    red, green, blue = picture[15, 15]
    assert green > red and green > blue
    red, green, blue = picture[75, 75]
    assert green < red and green < blue
    assert np.abs(picture[45, 45] - 128).max() <= 2


def test_small_values_are_not_blown_up() -> None:
    pixels = np.full((48, 48, 3), 90, np.uint8)
    noise = np.random.default_rng(0).normal(0, 1e-4, (12, 12)).astype(np.float32)
    assert np.abs(heat.overlay(pixels, noise, least=0.3).astype(int) - 90).max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_an_input_is_shown_pixel_by_pixel(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 48, channels), dtype=np.uint8)
    shown = heat.enlarged(pixels, 96)
    assert (shown[::2, ::2] == np.broadcast_to(pixels, (48, 48, 3))).all()


def test_curves_name_each_map_and_chance_once() -> None:
    chance = np.linspace(1, 0, 5, dtype=np.float32)[None].repeat(3, axis=0)
    chart = heat.deletion_curves({"occlusion": [1, 0, 0, 0, 0]}, chance, "happy")
    assert [one.name for one in chart.data if one.showlegend is not False] == [
        "random orders",
        "occlusion map",
    ]


def test_the_legend_stands_clear_of_the_axis_title_also_where_it_wraps() -> None:
    chance = np.ones((3, 5), np.float32)
    legend = heat.deletion_curves({}, chance, "happy").layout.legend
    assert legend.y >= 1 and legend.yanchor == "bottom"
