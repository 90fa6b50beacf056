package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.List;

/** A GPU of a simulated node, in its real state. */
final class Gpu {
  private final String uuid;
  private final Model model;
  private final List<Instance> instances = new ArrayList<>();

  /** A model with the ways in which its cards may be cut: profile, start and memory. */
  @SuppressWarnings("ImmutableEnumChecker") // the lists are made by List.of
  enum Model {
    H100(
        "H100-80GB",
        "NVIDIA H100 80GB HBM3",
        81_559,
        List.of(
            List.of("3g.40gb@0", "3g.40gb@4"),
            List.of("1g.10gb@0", "1g.10gb@1", "2g.20gb@2", "3g.40gb@4"),
            List.of("2g.20gb@0", "2g.20gb@2", "2g.20gb@4", "1g.10gb@6"))),
    A30(
        "A30",
        "NVIDIA A30",
        24_576,
        List.of(
            List.of("2g.12gb@0", "2g.12gb@2"),
            List.of("1g.6gb@0", "1g.6gb@1", "2g.12gb@2"),
            List.of("1g.6gb@0", "1g.6gb@1", "1g.6gb@2", "1g.6gb@3"))),
    L40S("L40S", "NVIDIA L40S", 46_068, List.of());

    final String word;
    final String product;
    final int memoryMiB;
    final List<List<String>> layouts;

    Model(String word, String product, int memoryMiB, List<List<String>> layouts) {
      this.word = word;
      this.product = product;
      this.memoryMiB = memoryMiB;
      this.layouts = layouts;
    }
  }

  /** A MIG instance. */
  record Instance(String uuid, String profile, int start) {
    /** At least so much memory it has. */
    int memoryMiB() {
      int gigabytes =
          Integer.parseInt(profile.substring(profile.indexOf('.') + 1, profile.length() - 2));
      return gigabytes * 900;
    }

    /** How many memory slices it lies on. */
    int slices() {
      return switch (profile.charAt(0)) {
        case '1' -> 1;
        case '2' -> 2;
        default -> 4;
      };
    }
  }

  Gpu(String uuid, Model model) {
    this.uuid = uuid;
    this.model = model;
  }

  String uuid() {
    return uuid;
  }

  Model model() {
    return model;
  }

  List<Instance> instances() {
    return instances;
  }

  boolean isCut() {
    return !instances.isEmpty();
  }

  /** Cuts it anew: what was there before is gone, and no uuid comes back. */
  void cut(int layout, int generation) {
    instances.clear();
    for (String each : model.layouts.get(layout)) {
      int at = each.indexOf('@');
      int start = Integer.parseInt(each.substring(at + 1));
      String id = "MIG-" + uuid.substring(4) + "-" + generation + "-" + start;
      instances.add(new Instance(id, each.substring(0, at), start));
    }
  }

  @Override
  public String toString() {
    return uuid;
  }
}
