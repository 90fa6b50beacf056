package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.verb.Rack.Card;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.placement.GpuState;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Who holds what of the cards of a rack, card by card, from the records on the pods alone. It
 * shares no code with the ledger and knows no order but that of the cards.
 */
final class RecordOracle {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SHAREABLE_MIB = 81_152;

  private final Rack rack;
  private final Map<Card, List<Held>> held = new HashMap<>();
  private final Set<Card> closed = new HashSet<>();
  private final Set<String> lost = new HashSet<>();
  private final Set<String> onIndex = new HashSet<>();

  /** A part of a card: all of it, some of its memory, or an instance. */
  private record Held(String pod, boolean whole, int memoryMiB, int slices) {}

  RecordOracle(Rack rack, List<PodView> pods) {
    this.rack = rack;
    rack.present().forEach(card -> held.put(card, new ArrayList<>()));
    pods.stream().filter(pod -> pod.nodeName().equals(rack.name)).forEach(this::add);
  }

  private void add(PodView pod) {
    JsonNode record = read(pod.annotation("kerf.gpu/placement"));
    for (JsonNode container : record.path("containers")) {
      for (JsonNode slot : container.path("slots")) {
        add(pod.uid(), slot, record.path("gpus").asText(""));
      }
    }
    // A pod that has lost a card goes on using the others: nothing new comes to them.
    if (lost.contains(pod.uid())) {
      held.forEach(
          (card, there) -> {
            if (there.removeIf(one -> one.pod.equals(pod.uid()))) {
              closed.add(card);
            }
          });
    }
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }

  private void add(String pod, JsonNode slot, String gpus) {
    String uuid = slot.path("uuid").asText("");
    if (uuid.isEmpty()) {
      addByIndex(pod, slot, gpus);
      return;
    }
    Card card = rack.isNamed() ? rack.card(uuid) : null;
    if (card != null) {
      hold(pod, slot, card);
      return;
    }
    lost.add(pod);
    if (!rack.isNamed()) {
      closed.addAll(rack.present());
    }
  }

  /** An instance may have a UUID although its card has none. */
  private void addByIndex(String pod, JsonNode slot, String gpus) {
    String instance = slot.path("mig").path("uuid").asText("");
    for (Card card : rack.present()) {
      if (card.instances.stream().anyMatch(each -> instance.equals(each.uuid()))) {
        hold(pod, slot, card);
        return;
      }
    }
    if (gpus.equals(rack.present().size() + "xH100-80GB")) {
      onIndex.add(pod);
      hold(pod, slot, rack.present().get(slot.path("gpu").asInt()));
    } else {
      lost.add(pod);
      closed.addAll(rack.present());
    }
  }

  private void hold(String pod, JsonNode slot, Card card) {
    boolean instance = slot.has("mig");
    List<MigInstance> same =
        card.instances.stream()
            .filter(each -> slot.path("mig").path("uuid").asText("").equals(each.uuid()))
            .toList();
    boolean there = instance ? !same.isEmpty() : card.instances.isEmpty();
    if (there) {
      int slices = instance ? same.get(0).mask() : 0;
      held(card).add(new Held(pod, slot.has("whole"), slot.path("memoryMiB").asInt(), slices));
    } else {
      lost.add(pod);
      closed.add(card);
    }
  }

  private List<Held> held(Card card) {
    return Objects.requireNonNull(held.get(card));
  }

  void check(Scheduling scheduling, String where) {
    NodeState node = Objects.requireNonNull(scheduling.fleet().node(rack.name));
    Set<String> conflicts = new HashSet<>();
    scheduling.ledger().conflicts().forEach(one -> conflicts.add(one.entry().uid()));
    for (String pod : lost) {
      assertThat(conflicts).as(where).contains(pod);
    }
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      Card card = rack.present().get(gpu);
      String what = "%s: %s (%s)".formatted(where, card.uuid, held(card));
      if (held(card).stream().noneMatch(one -> onIndex.contains(one.pod))) {
        checkFree(node.gpu(gpu), card, what);
      } else {
        checkNoFreer(node.gpu(gpu), card, what);
      }
    }
  }

  /** Where every holder is known by UUID nothing is held twice, and the rest is free. */
  private void checkFree(GpuState state, Card card, String what) {
    List<Held> holders = held(card);
    boolean whole = holders.stream().anyMatch(Held::whole);
    int memory = holders.stream().mapToInt(Held::memoryMiB).sum();
    int slices = 0;
    for (Held one : holders) {
      assertThat(slices & one.slices).as(what).isZero();
      slices |= one.slices;
    }
    assertThat(holders.size() == 1 || !whole).as(what).isTrue();
    assertThat(state.usable()).as(what).isEqualTo(!closed.contains(card));
    assertThat(state.wholeHeld()).as(what).isEqualTo(whole);
    assertThat(state.occupied()).as(what).isEqualTo(slices);
    if (card.instances.isEmpty() && !whole) {
      assertThat(memory).as(what).isLessThanOrEqualTo(SHAREABLE_MIB);
      assertThat(state.freeMiB()).as(what).isEqualTo(SHAREABLE_MIB - memory);
    }
  }

  /**
   * A pod that is known by its index alone may lie on another card than its own after a new order.
   * Then it meets others, which is told and closes the card.
   */
  private void checkNoFreer(GpuState state, Card card, String what) {
    int memory = held(card).stream().mapToInt(Held::memoryMiB).sum();
    boolean free = state.usable() && !state.wholeHeld() && state.freeMiB() > SHAREABLE_MIB - memory;
    assertThat(free).as(what).isFalse();
  }
}
