package gpu.kerf.extender.controlplane;

import java.nio.file.Path;

/** The kustomize that is in kubectl. It needs no cluster. */
public final class Kustomize {
  private final Path kubectl;

  private Kustomize(Path kubectl) {
    this.kubectl = kubectl;
  }

  /** Finds it, or skips the test where this machine has no kubectl of a control plane. */
  public static Kustomize orSkip() {
    return new Kustomize(Programs.find(System.getenv()).orSkip().path("kubectl"));
  }

  /** The objects of a folder, as YAML. */
  public String render(Path folder) {
    return Tool.run(kubectl.toString(), "kustomize", folder.toString());
  }
}
