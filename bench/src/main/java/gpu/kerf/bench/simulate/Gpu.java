package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.List;

/** A GPU of a simulated node, in its real state. */
final class Gpu {
  private final String uuid;
  private final Model model;
  private final List<Instance> instances = new ArrayList<>();
  private Offer offer = Offer.ANY;

  /** What the node's driver gives of a card that is not cut. */
  enum Offer {
    /** No DRA driver: the card, and shares of it. */
    ANY,
    /** By a DRA driver: the card alone. */
    WHOLE,
    /** By a DRA driver: the card, and parts of its memory. */
    SHARES,
    /** By a DRA driver: the card, and MIG instances that are created for their pods. */
    MIG_ON_DEMAND
  }

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
            List.of("2g.20gb@0", "2g.20gb@2", "2g.20gb@4", "1g.10gb@6")),
        List.of(
            "1g.10gb 16 0 1 2 3 4 5 6",
            "1g.20gb 26 0 2 4 6",
            "2g.20gb 32 0 2 4",
            "3g.40gb 60 0 4",
            "4g.40gb 64 0",
            "7g.80gb 132 0"),
        132),
    A30(
        "A30",
        "NVIDIA A30",
        24_576,
        List.of(
            List.of("2g.12gb@0", "2g.12gb@2"),
            List.of("1g.6gb@0", "1g.6gb@1", "2g.12gb@2"),
            List.of("1g.6gb@0", "1g.6gb@1", "1g.6gb@2", "1g.6gb@3")),
        List.of("1g.6gb 14 0 1 2 3", "2g.12gb 28 0 2", "4g.24gb 56 0"),
        56),
    L40S("L40S", "NVIDIA L40S", 46_068, List.of(), List.of(), 142);

    final String word;
    final String product;
    final int memoryMiB;
    final List<List<String>> layouts;

    /** What can be created on demand: the profile, its multiprocessors, and where it may start. */
    final List<String> profiles;

    final int multiprocessors;

    Model(
        String word,
        String product,
        int memoryMiB,
        List<List<String>> layouts,
        List<String> profiles,
        int multiprocessors) {
      this.word = word;
      this.product = product;
      this.memoryMiB = memoryMiB;
      this.layouts = layouts;
      this.profiles = profiles;
      this.multiprocessors = multiprocessors;
    }
  }

  /** Where an instance could be created, and how many multiprocessors it would have. */
  record Place(String profile, int start, int multiprocessors) {
    Instance instance(String uuid) {
      return new Instance(uuid, profile, start);
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

    /** How many memory slices it lies on: they have ten gigabytes, or six. */
    int slices() {
      int gigabytes =
          Integer.parseInt(profile.substring(profile.indexOf('.') + 1, profile.length() - 2));
      return gigabytes % 10 == 0 ? gigabytes / 10 : gigabytes / 6;
    }

    boolean overlaps(Instance other) {
      return start < other.start + other.slices() && other.start < start + slices();
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

  Offer offer() {
    return offer;
  }

  void offer(Offer given) {
    offer = given;
  }

  boolean isCut() {
    return !instances.isEmpty();
  }

  /** Where instances could be created, if it were empty. */
  List<Place> places() {
    List<Place> places = new ArrayList<>();
    for (String line : model.profiles) {
      String[] words = line.split(" ", -1);
      for (int i = 2; i < words.length; i++) {
        places.add(new Place(words[0], Integer.parseInt(words[i]), Integer.parseInt(words[1])));
      }
    }
    return places;
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
