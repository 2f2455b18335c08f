//! Which device, and what there is to say of it.

use std::process::Command;

use candle_core::Device;

use crate::workload::Dtype;

/// A device, with the names that reports show.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Candle's.
    pub device: Device,
    /// Whose it is.
    pub kind: Kind,
    /// What its maker calls it.
    pub name: String,
}

/// Kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The processor itself.
    Cpu,
    /// A GPU of NVIDIA's.
    Cuda,
    /// A GPU of Apple's.
    Metal,
}

impl Kind {
    /// As `BENCH_DEVICE` has it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Cpu => "cpu",
            Kind::Cuda => "cuda",
            Kind::Metal => "metal",
        }
    }

    /// What `BENCH_DEVICE` asks for; else the best that was built in.
    ///
    /// # Errors
    /// When it names no device.
    pub fn from_name(name: Option<&str>) -> Result<Kind, String> {
        match name {
            None | Some("") if cfg!(feature = "metal") => Ok(Kind::Metal),
            None | Some("") if cfg!(feature = "cuda") => Ok(Kind::Cuda),
            None | Some("" | "cpu") => Ok(Kind::Cpu),
            Some("cuda") => Ok(Kind::Cuda),
            Some("metal") => Ok(Kind::Metal),
            Some(other) => Err(format!("BENCH_DEVICE is `{other}`: it may be cpu, cuda or metal")),
        }
    }
}

impl Backend {
    /// The first device of a kind.
    ///
    /// # Errors
    /// When there is none, or when it wasn't built in.
    pub fn open(kind: Kind) -> Result<Backend, String> {
        let device = match kind {
            Kind::Cpu => Ok(Device::Cpu),
            Kind::Cuda => Device::new_cuda(0),
            Kind::Metal => Device::new_metal(0),
        };
        let wanted = kind.name();
        let hint = format!("build with `--features {wanted}`, or set BENCH_DEVICE=cpu");
        let device = device.map_err(|e| format!("failed to open a {wanted} device: {e}\nhint: {hint}"))?;
        let name = device_name(&device).unwrap_or_else(|| "unknown".to_owned());
        Ok(Backend { device, kind, name })
    }

    /// Criterion's function: which implementation was measured.
    pub fn implementation(&self) -> String {
        format!("candle-{}", self.kind.name())
    }

    /// What matrix products are computed in: `f32`, `tf32`, `f16`.
    pub fn precision(&self, dtype: Dtype) -> &'static str {
        match dtype {
            Dtype::F16 => "f16",
            Dtype::F32 if self.kind == Kind::Cuda && candle_core::cuda::gemm_reduced_precision_f32() => "tf32",
            Dtype::F32 => "f32",
        }
    }

    /// Whose matrix products they are.
    pub fn blas(&self) -> &'static str {
        match self.kind {
            Kind::Cuda => "cublas",
            Kind::Metal => "candle-metal-kernels",
            Kind::Cpu if candle_core::utils::has_mkl() => "mkl",
            Kind::Cpu if candle_core::utils::has_accelerate() => "accelerate",
            Kind::Cpu => "gemm",
        }
    }

    /// Threads that compute; `None` on a GPU.
    pub fn threads(&self) -> Option<usize> {
        (self.kind == Kind::Cpu).then(candle_core::utils::get_num_threads)
    }
}

/// Lets f32 products be computed in TF32, as MLX does by default.
pub fn allow_tf32(allow: bool) {
    candle_core::cuda::set_gemm_reduced_precision_f32(allow);
}

fn device_name(device: &Device) -> Option<String> {
    match device {
        Device::Cpu => cpu_name(),
        Device::Cuda(_) => cuda_name(device),
        Device::Metal(_) => metal_name(device),
    }
}

#[cfg(feature = "cuda")]
fn cuda_name(device: &Device) -> Option<String> {
    device.as_cuda_device().ok()?.cuda_stream().context().name().ok()
}

#[cfg(not(feature = "cuda"))]
fn cuda_name(_: &Device) -> Option<String> {
    None
}

#[cfg(all(feature = "metal", target_os = "macos"))]
fn metal_name(device: &Device) -> Option<String> {
    // Apple's chips have one name for processor and GPU; the architecture tells variants of a chip apart.
    let architecture = device.as_metal_device().ok()?.metal_device().architecture_name();
    Some(cpu_name().map_or(architecture.clone(), |chip| format!("{chip} ({architecture})")))
}

#[cfg(not(all(feature = "metal", target_os = "macos")))]
fn metal_name(_: &Device) -> Option<String> {
    None
}

/// The processor's name, from Linux's file or macOS's command.
fn cpu_name() -> Option<String> {
    if let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") {
        return text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": ").map(|(_, n)| n.to_owned()));
    }
    let output = Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named() {
        assert_eq!(Kind::from_name(Some("cpu")), Ok(Kind::Cpu));
        assert_eq!(Kind::from_name(Some("cuda")), Ok(Kind::Cuda));
        assert!(Kind::from_name(Some("gpu")).expect_err("no device").contains("cpu, cuda or metal"));
    }

    #[test]
    fn a_device_that_was_not_built_in_is_an_error() {
        #[cfg(not(feature = "metal"))]
        assert!(Backend::open(Kind::Metal).expect_err("not built in").contains("--features metal"));
        #[cfg(not(feature = "cuda"))]
        assert!(Backend::open(Kind::Cuda).expect_err("not built in").contains("--features cuda"));
    }

    #[test]
    fn the_cpu_says_what_it_is() {
        let cpu = Backend::open(Kind::Cpu).expect("always there");
        assert_eq!((cpu.implementation().as_str(), cpu.precision(Dtype::F32)), ("candle-cpu", "f32"));
        assert!(cpu.threads().is_some_and(|n| n > 0) && !cpu.name.is_empty());
    }
}
