package gpu.kerf.extender.settings;

/** How GPUs are handed out by a DRA driver. */
public record DraSettings(
    @Setting(
            "Whether Kerf hands GPUs out by NVIDIA's DRA driver on every node where it can: all"
                + " ResourceSlices of the driver are there, the kubelet is 1.36 or newer, and no"
                + " device plugin of others has registered. Without it, only on nodes with the"
                + " label kerf.gpu/delivery=dra.")
        boolean automatic,
    @Setting("The DeviceClass of whole GPUs. Its configuration goes into every allocation.")
        String wholeClass,
    @Setting("The DeviceClass of MIG instances.") String migClass,
    @Setting("The DeviceClass of parts of a GPU, where the driver offers consumable capacity.")
        String shareClass,
    @Setting(
            value =
                "Pods for which ResourceClaims are written at once; the API server answers three"
                    + " more requests for each than for other pods.",
            min = "1",
            max = "256")
        int atOnce,
    @Setting(
            "DRA drivers whose devices are GPUs, beside gpu.nvidia.com and those of which the name,"
                + " or the name of the DeviceClass, has the word gpu, vgpu or mig. A pod that asks"
                + " Kerf for GPUs may claim no devices of theirs, and a claim that has some keeps"
                + " GPUs of the node from others.")
        Names gpuDrivers,
    @Setting(
            "DRA drivers whose devices are no GPUs although such a name says so, such as [dra.net]"
                + " where a DeviceClass of network cards is called gpu-nic.")
        Names otherDrivers) {

  public static DraSettings defaults() {
    return new DraSettings(
        false, "gpu.nvidia.com", "mig.nvidia.com", "gpu.nvidia.com", 16, Names.NONE, Names.NONE);
  }
}
