//! A plot of few points: drawn here as SVG, so that it shows without a script and on paper.

use serde::Serialize;

use crate::figures::significant;

/// Size of the drawing, in its own unit: a pixel where there is room.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 260.0;
/// Room for the labels of the axes.
const LEFT: f64 = 58.0;
const BOTTOM: f64 = 44.0;
const TOP: f64 = 18.0;
const RIGHT: f64 = 18.0;
/// Labels of an axis, about.
const TICKS: f64 = 5.0;

/// What is plotted. Both axes begin at zero.
pub(super) struct Plot {
    /// What is seen, for those who cannot see it.
    pub(super) label: String,
    pub(super) x_title: String,
    pub(super) y_title: String,
    /// What was measured.
    pub(super) points: Vec<[f64; 2]>,
    /// What is drawn through them.
    pub(super) line: Vec<[f64; 2]>,
    /// Places on the horizontal axis that are named.
    pub(super) marks: Vec<(f64, String)>,
}

/// A plot in the drawing's own unit, for the macro `plot`.
#[derive(Serialize)]
pub(super) struct Drawing {
    label: String,
    x_title: String,
    y_title: String,
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    points: Vec<Dot>,
    /// As the attribute `points` of a `polyline`.
    line: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    marks: Vec<Tick>,
}

#[derive(Serialize)]
struct Dot {
    x: f64,
    y: f64,
    label: String,
}

#[derive(Serialize)]
struct Tick {
    at: f64,
    label: String,
}

impl Plot {
    /// The same as it is drawn; `None` where nothing can be.
    pub(super) fn drawn(self) -> Option<Drawing> {
        let is_drawn = |point: &&[f64; 2]| point.iter().all(|value| value.is_finite() && *value >= 0.0);
        let points: Vec<[f64; 2]> = self.points.iter().filter(is_drawn).copied().collect();
        let line: Vec<[f64; 2]> = self.line.iter().filter(is_drawn).copied().collect();
        if points.is_empty() {
            return None;
        }
        let most = |axis: usize| points.iter().chain(&line).map(|point| point[axis]).fold(0.0, f64::max);
        let (x, y) = (Axis::to(most(0)), Axis::to(most(1)));
        let place_x = |value: f64| rounded(LEFT + x.ratio(value) * (WIDTH - LEFT - RIGHT));
        let place_y = |value: f64| rounded(HEIGHT - BOTTOM - y.ratio(value) * (HEIGHT - BOTTOM - TOP));
        let ticks = |axis: &Axis, place: &dyn Fn(f64) -> f64| {
            axis.ticks().map(|value| Tick { at: place(value), label: significant(value) }).collect()
        };
        let marks = self.marks.into_iter().filter(|(at, _)| (0.0..=x.end).contains(at));
        Some(Drawing {
            points: points
                .iter()
                .map(|&[at, value]| Dot {
                    x: place_x(at),
                    y: place_y(value),
                    label: format!(
                        "{} {}, {} {}",
                        significant(at),
                        self.x_title,
                        significant(value),
                        self.y_title
                    ),
                })
                .collect(),
            line: line
                .iter()
                .map(|&[at, value]| format!("{},{}", place_x(at), place_y(value)))
                .collect::<Vec<_>>()
                .join(" "),
            x_ticks: ticks(&x, &place_x),
            y_ticks: ticks(&y, &place_y),
            marks: marks.map(|(at, label)| Tick { at: place_x(at), label }).collect(),
            label: self.label,
            x_title: self.x_title,
            y_title: self.y_title,
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH - RIGHT,
            top: TOP,
            bottom: HEIGHT - BOTTOM,
        })
    }
}

/// An axis from zero to a round number.
struct Axis {
    end: f64,
    step: f64,
}

impl Axis {
    fn to(most: f64) -> Self {
        let most = if most > 0.0 && most < f64::MAX / 10.0 { most } else { 1.0 };
        let magnitude = 10_f64.powf((most / TICKS).log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
        let step = step.into_iter().find(|step| most / step <= TICKS).unwrap_or(most);
        Self { end: (most / step).ceil() * step, step }
    }

    fn ratio(&self, value: f64) -> f64 {
        (value / self.end).min(1.0)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        (0..=(self.end / self.step).round() as u32).map(|number| f64::from(number) * self.step)
    }
}

/// A tenth of a pixel is as fine as is seen.
fn rounded(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plot(points: Vec<[f64; 2]>) -> Plot {
        Plot {
            label: "calls".to_owned(),
            x_title: "items".to_owned(),
            y_title: "calls".to_owned(),
            line: points.clone(),
            points,
            marks: vec![(20.0, "knee".to_owned()), (1e9, "beyond".to_owned())],
        }
    }

    #[test]
    fn an_axis_ends_at_a_round_number_and_points_lie_where_their_values_are() {
        let drawing = plot(vec![[10.0, 21.0], [40.0, 81.0]]).drawn().unwrap();
        let labels: Vec<&str> = drawing.x_ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["0", "10", "20", "30", "40"]);
        let labels: Vec<&str> = drawing.y_ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(drawing.points[1].x, drawing.right);
        assert_eq!(drawing.points[0].x, drawing.x_ticks[1].at);
        assert_eq!(drawing.marks.len(), 1, "a mark beyond the axis is not drawn");
    }

    #[test]
    fn without_a_point_there_is_no_plot() {
        assert!(plot(Vec::new()).drawn().is_none());
        assert!(plot(vec![[f64::NAN, 1.0]]).drawn().is_none());
        assert!(plot(vec![[0.0, 0.0]]).drawn().is_some());
    }

    proptest! {
        #[test]
        fn whatever_was_measured_lies_within_the_drawing(
            points in prop::collection::vec([any::<f64>(), any::<f64>()], 0..9),
        ) {
            if let Some(drawing) = plot(points).drawn() {
                prop_assert!(drawing.points.iter().all(|dot| (LEFT..=WIDTH).contains(&dot.x)));
                prop_assert!(drawing.points.iter().all(|dot| (0.0..=HEIGHT).contains(&dot.y)));
                prop_assert!(drawing.x_ticks.len() < 12 && drawing.y_ticks.len() < 12);
            }
        }
    }
}
