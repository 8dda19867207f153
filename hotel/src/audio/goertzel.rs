//! The power of one frequency in a few samples, cheaper than a Fourier transform where few frequencies matter.
//! G. Goertzel, "An algorithm for the evaluation of finite trigonometric series", 1958.

/// The squared magnitude of the frequency in the samples: `(amplitude * samples / 2)²` for a pure tone.
pub(super) fn power(samples: &[f32], frequency_hz: f32, sample_rate: f32) -> f32 {
    let coefficient = 2.0 * (std::f32::consts::TAU * frequency_hz / sample_rate).cos();
    let (mut previous, mut before) = (0.0_f32, 0.0_f32);
    for sample in samples {
        (previous, before) = (sample + coefficient * previous - before, previous);
    }
    previous * previous + before * before - coefficient * previous * before
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: correlation with a sine and a cosine, in double precision.
    fn reference(samples: &[f32], frequency_hz: f32, sample_rate: f32) -> f64 {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let angle =
                std::f64::consts::TAU * f64::from(frequency_hz) / f64::from(sample_rate) * index as f64;
            real += f64::from(*sample) * angle.cos();
            imaginary += f64::from(*sample) * angle.sin();
        }
        real * real + imaginary * imaginary
    }

    #[test]
    fn it_agrees_with_the_definition() {
        let samples: Vec<f32> = (0..192)
            .map(|index| (index as f32 * 0.61).sin() * 0.5 + (index as f32 * 1.1).cos() * 0.3)
            .collect();
        for frequency_hz in [697.0, 941.0, 1209.0, 1633.0, 3266.0] {
            let (fast, exact) =
                (power(&samples, frequency_hz, 8000.0), reference(&samples, frequency_hz, 8000.0));
            assert!((f64::from(fast) - exact).abs() < 1e-2 + 1e-3 * exact, "{frequency_hz}: {fast} {exact}");
        }
    }
}
