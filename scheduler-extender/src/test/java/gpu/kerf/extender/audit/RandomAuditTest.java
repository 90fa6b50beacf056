package gpu.kerf.extender.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random clusters in which everything is held once, and the same with one fault in them. */
class RandomAuditTest {
  private static final int ROUNDS = 3_000;
  private static final int MEMORY_MIB = 81_559;

  /** A GPU as its node lists it, and the slots that pods hold of it. */
  private record Card(String node, int index, String uuid, String listed, List<String> slots) {}

  /** What is done wrong: a pod more on one GPU, and which rule that breaks. */
  private record Fault(Rule rule, Card card, String slot) {}

  @Test
  void findsNothingInCorrectClusterAndTheFaultInOneThatHasOne() {
    for (long seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      List<Card> cards = cards(random);
      assertThat(cluster(cards, random).audit().findings()).as("seed " + seed).isEmpty();

      Fault fault = fault(cards, random);
      SmallCluster broken = cluster(cards, random);
      broken.pod("intruder", fault.card.node, fault.slot);
      List<Finding> findings = broken.audit().findings();
      assertThat(findings)
          .as("seed " + seed + ": " + fault)
          .anySatisfy(
              finding -> {
                assertThat(finding.rule()).isEqualTo(fault.rule);
                assertThat(finding.holders()).anyMatch(holder -> holder.name().equals("intruder"));
                assertThat(finding.isOverlap()).isEqualTo(finding.holders().size() > 1);
              })
          .allSatisfy(finding -> assertThat(finding.uuid()).isIn(fault.card.uuid, "GPU-unknown"));
    }
  }

  private static List<Card> cards(Random random) {
    List<Card> cards = new ArrayList<>();
    int nodes = 1 + random.nextInt(3);
    for (int node = 0; node < nodes; node++) {
      int gpus = 1 + random.nextInt(4);
      for (int gpu = 0; gpu < gpus; gpu++) {
        cards.add(card("node-" + node, gpu, random));
      }
    }
    return cards;
  }

  private static Card card(String node, int index, Random random) {
    String uuid = "GPU-" + node + "-" + index;
    switch (random.nextInt(4)) {
      case 0 -> {
        return new Card(
            node,
            index,
            uuid,
            SmallCluster.plain(uuid),
            List.of(SmallCluster.whole(index, known(uuid, random))));
      }
      case 1 -> {
        return new Card(node, index, uuid, SmallCluster.plain(uuid), shares(index, uuid, random));
      }
      default -> {
        List<String> instances = instances(random);
        String listed =
            random.nextBoolean()
                ? SmallCluster.dynamic(uuid)
                : SmallCluster.cut(uuid, instances.toArray(String[]::new));
        List<String> slots = new ArrayList<>();
        for (String instance : instances) {
          slots.add(SmallCluster.mig(index, known(uuid, random), instance));
        }
        return new Card(node, index, uuid, listed, slots);
      }
    }
  }

  /** Records of before a node told its uuids have none. */
  private static String known(String uuid, Random random) {
    return random.nextInt(4) == 0 ? "" : uuid;
  }

  private static List<String> shares(int index, String uuid, Random random) {
    List<String> shares = new ArrayList<>();
    int memory = MEMORY_MIB;
    int multiprocessors = 1_000;
    while (memory > 0 && shares.size() < 12) {
      int part = Math.min(memory, 1 + random.nextInt(30_000));
      int threads = random.nextInt(multiprocessors / 2 + 1);
      shares.add(SmallCluster.share(index, known(uuid, random), part, threads));
      memory -= part;
      multiprocessors -= threads;
    }
    return shares;
  }

  /** Cuts an H100 into halves, quarters and eighths; a half of it may stay uncut. */
  private static List<String> instances(Random random) {
    if (random.nextInt(8) == 0) {
      return List.of("7g.80gb@0");
    }
    List<String> instances = new ArrayList<>();
    for (int half = 0; half < 8; half += 4) {
      if (random.nextBoolean()) {
        instances.add((half == 0 && random.nextBoolean() ? "4g" : "3g") + ".40gb@" + half);
        continue;
      }
      for (int quarter = half; quarter < half + 4; quarter += 2) {
        if (quarter == 6 || random.nextBoolean()) {
          instances.add("1g.20gb@" + quarter);
        } else if (random.nextBoolean()) {
          instances.add("2g.20gb@" + quarter);
        } else {
          instances.add("1g.10gb@" + quarter);
          instances.add("1g.10gb@" + (quarter + 1));
        }
      }
    }
    return instances;
  }

  private static SmallCluster cluster(List<Card> cards, Random random) {
    SmallCluster cluster = new SmallCluster();
    List<Runnable> steps = new ArrayList<>();
    for (String node : cards.stream().map(Card::node).distinct().toList()) {
      String[] listed =
          cards.stream()
              .filter(card -> card.node.equals(node))
              .map(Card::listed)
              .toArray(String[]::new);
      steps.add(() -> cluster.node(node, listed));
    }
    for (Card card : cards) {
      for (int i = 0; i < card.slots.size(); i++) {
        String name = card.uuid + "-" + i;
        String slot = card.slots.get(i);
        steps.add(() -> cluster.pod(name, card.node, slot));
      }
    }
    // Lists come in any order.
    Collections.shuffle(steps, random);
    steps.forEach(Runnable::run);
    return cluster;
  }

  private static Fault fault(List<Card> cards, Random random) {
    Card card = cards.get(random.nextInt(cards.size()));
    String again = card.slots.get(random.nextInt(card.slots.size()));
    return switch (random.nextInt(5)) {
      case 0 -> new Fault(Rule.WHOLE_GPU, card, SmallCluster.whole(card.index, card.uuid));
      case 1 -> new Fault(Rule.MISSING_GPU, card, SmallCluster.whole(card.index, "GPU-unknown"));
      case 2 -> overlapping(card, again);
      default -> new Fault(sameAgain(again), card, again);
    };
  }

  /** One eighth inside of what is held already, or one MiB more than there is. */
  private static Fault overlapping(Card card, String slot) {
    if (slot.contains("\"mig\"")) {
      String eighth = SmallCluster.mig(card.index, card.uuid, "1g.10gb@0");
      boolean same = card.slots.stream().anyMatch(each -> each.contains("\"1g.10gb\",\"start\":0"));
      return new Fault(same ? Rule.MIG_INSTANCE : Rule.MIG_SLICES, card, eighth);
    }
    return slot.contains("\"whole\"")
        ? new Fault(Rule.WHOLE_GPU, card, SmallCluster.share(card.index, card.uuid, 1, 0))
        : new Fault(Rule.MEMORY, card, SmallCluster.share(card.index, card.uuid, MEMORY_MIB, 0));
  }

  private static Rule sameAgain(String slot) {
    if (slot.contains("\"mig\"")) {
      return Rule.MIG_INSTANCE;
    }
    return slot.contains("\"whole\"") ? Rule.WHOLE_GPU : Rule.MEMORY;
  }
}
