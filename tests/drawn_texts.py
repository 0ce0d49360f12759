"""Texts of a figure that stand on each other."""

import matplotlib as mpl


def overlapping(figure):
    """Pairs of visible texts whose boxes cut each other by more than a pixel."""
    figure.draw_without_rendering()
    hidden = {label for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for label in _beyond(axis)}
    texts = [text for text in figure.findobj(mpl.text.Text) if text not in hidden]
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts if t.get_text().strip() and t.get_visible()]
    drawn = [(name, box) for name, box in boxes if figure.bbox.contains(*box.get_points().mean(axis=0))]
    return [
        (a, b)
        for i, (a, box) in enumerate(drawn)
        for b, other in drawn[i + 1 :]
        if min(box.x1, other.x1) - max(box.x0, other.x0) > 1
        and min(box.y1, other.y1) - max(box.y0, other.y0) > 1
    ]


def _beyond(axis):
    """Labels of ticks outside the view, which are never drawn."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    return [label for t in ticks if not low <= t.get_loc() <= high for label in (t.label1, t.label2)]
