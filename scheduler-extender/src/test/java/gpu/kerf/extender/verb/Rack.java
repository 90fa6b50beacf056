package gpu.kerf.extender.verb;

import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A node's GPUs as they really are, independent of its inventory. */
final class Rack {

  private static final GpuModel H100 = World.model("H100-80GB");
  private static final List<String> LAYOUTS =
      List.of("3g.40gb@0 3g.40gb@4", "1g.10gb@0 1g.10gb@1 2g.20gb@2 3g.40gb@4", "7g.80gb@0");

  final String name;
  private final Random random;
  private final List<Card> present = new ArrayList<>();
  private final List<Card> lost = new ArrayList<>();
  private boolean named = true;
  private int cards;
  private int cuts;

  /** One card; cut into instances, or plain if there are none. */
  static final class Card {
    final String uuid;
    List<MigInstance> instances = List.of();
    final Map<String, List<MigInstance>> cutBefore = new HashMap<>();

    Card(String uuid) {
      this.uuid = uuid;
    }
  }

  Rack(String name, Random random) {
    this.name = name;
    this.random = random;
    for (int i = 0; i < 3; i++) {
      add();
    }
  }

  List<Card> present() {
    return present;
  }

  boolean isNamed() {
    return named;
  }

  @Nullable Card card(String uuid) {
    return present.stream().filter(card -> card.uuid.equals(uuid)).findFirst().orElse(null);
  }

  NodeSpec spec() {
    List<GpuSpec> gpus = new ArrayList<>();
    for (Card card : present) {
      GpuMode mode = card.instances.isEmpty() ? GpuMode.PLAIN : GpuMode.MIG;
      gpus.add(new GpuSpec(named ? card.uuid : null, H100, 81_559, mode, card.instances));
    }
    return NodeSpec.of(name, gpus);
  }

  /** Something happens to the cards; what. */
  String change() {
    return switch (random.nextInt(8)) {
      case 0, 1 -> lose();
      case 2, 3 -> regain();
      case 4 -> add();
      case 5 -> reorder();
      case 6 -> cut();
      default -> name();
    };
  }

  private String lose() {
    if (present.size() < 2) {
      return "nothing";
    }
    lost.add(present.remove(random.nextInt(present.size())));
    return "lost";
  }

  private String regain() {
    if (lost.isEmpty()) {
      return "nothing";
    }
    Card card = lost.remove(random.nextInt(lost.size()));
    present.add(random.nextInt(present.size() + 1), card);
    return "regained";
  }

  private String add() {
    if (present.size() > 4) {
      return "nothing";
    }
    present.add(random.nextInt(present.size() + 1), new Card("GPU-" + name + "-" + cards++));
    return "added";
  }

  private String reorder() {
    Collections.shuffle(present, random);
    return "reordered";
  }

  /** Instances have names, so that only nodes with UUIDs are cut. */
  private String cut() {
    Card card = present.get(random.nextInt(present.size()));
    if (!named) {
      return "nothing";
    }
    if (random.nextInt(4) == 0) {
      card.instances = List.of();
      return "made plain";
    }
    String layout = LAYOUTS.get(random.nextInt(LAYOUTS.size()));
    List<MigInstance> before = card.cutBefore.get(layout);
    if (before != null && random.nextBoolean()) {
      card.instances = before;
      return "cut as before";
    }
    card.instances = instances(layout);
    card.cutBefore.put(layout, card.instances);
    return "cut anew";
  }

  private List<MigInstance> instances(String layout) {
    List<MigInstance> instances = new ArrayList<>();
    for (String each : layout.split(" ", -1)) {
      String[] parts = each.split("@", -1);
      instances.add(
          new MigInstance(
              "MIG-" + name + "-" + cuts++,
              Objects.requireNonNull(H100.profile(parts[0])),
              Integer.parseInt(parts[1])));
    }
    return instances;
  }

  /** Labels alone say nothing of instances, so that a node with some keeps its UUIDs. */
  private String name() {
    if (named && present.stream().anyMatch(card -> !card.instances.isEmpty())) {
      return "nothing";
    }
    named = !named;
    return named ? "with UUIDs" : "without UUIDs";
  }
}
