package gpu.kerf.extender.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** What pods hold of one GPU, in the words of the annotations. */
final class CheckedGpu {
  /** How many MPS clients any GPU takes. */
  private static final int CLIENTS = 48;

  private final String name;
  private final JsonNode gpu;
  private final List<Held> held = new ArrayList<>();

  /** A slot with who holds it. */
  private record Held(String holder, JsonNode slot) {
    boolean is(String kind) {
      return slot.has(kind);
    }
  }

  CheckedGpu(String name, JsonNode gpu) {
    this.name = name;
    this.gpu = gpu;
  }

  /** Adds a slot; the result is what is wrong with it alone. */
  List<String> hold(String holder, JsonNode slot) {
    Held added = new Held(holder, slot);
    List<String> wrong = new ArrayList<>();
    String uuid = gpu.path("uuid").asText();
    if (slot.has("uuid") && !slot.path("uuid").asText().equals(uuid)) {
      wrong.add("%s holds %s, whose uuid is %s".formatted(holder, slot, uuid));
    }
    if (added.is("mig") == gpu.path("mode").asText("plain").equals("plain")) {
      wrong.add("%s holds %s of %s, whose mode is %s".formatted(holder, slot, name, mode()));
    }
    if (added.is("mig") && mode().equals("mig") && !listed(slot.path("mig"))) {
      wrong.add("%s holds %s of %s, which lists no such instance".formatted(holder, slot, name));
    }
    for (Held other : held) {
      if (collide(added, other)) {
        wrong.add("%s: %s and %s hold the same slot".formatted(name, holder, other.holder()));
      }
    }
    held.add(added);
    return wrong;
  }

  /** What is wrong with everything that is held together. */
  List<String> problems() {
    List<String> wrong = new ArrayList<>();
    long memory = sum("memoryMiB", "");
    if (memory > gpu.path("memoryMiB").asLong(Long.MAX_VALUE)) {
      wrong.add("%s: %d MiB are held of %s".formatted(name, memory, gpu.path("memoryMiB")));
    }
    long threads = sum("smMilli", "mps");
    if (threads > 1000) {
      wrong.add("%s: %d thousandths of its multiprocessors are held".formatted(name, threads));
    }
    long clients = held.stream().filter(slot -> slot.is("mps")).count();
    if (clients > CLIENTS) {
      wrong.add("%s has %d MPS clients".formatted(name, clients));
    }
    return wrong;
  }

  private String mode() {
    return gpu.path("mode").asText("plain");
  }

  private boolean collide(Held one, Held other) {
    if (one.is("whole") || other.is("whole")) {
      return true;
    }
    if (one.is("mps") && other.is("mps")) {
      return false;
    }
    return one.is("mps") || other.is("mps") || overlap(one.slot(), other.slot());
  }

  private boolean overlap(JsonNode one, JsonNode other) {
    int start = one.path("mig").path("start").asInt();
    int otherStart = other.path("mig").path("start").asInt();
    return start < otherStart + slices(other) && otherStart < start + slices(one);
  }

  /** A profile's memory slices: the gigabytes in its name over those of a slice, rounded. */
  private int slices(JsonNode slot) {
    String profile = slot.path("mig").path("profile").asText();
    String gigabytes = profile.replaceFirst("^\\d+g\\.(\\d+)gb.*$", "$1");
    double slice = gpu.path("memoryMiB").asDouble() / 1024 / slicesOfGpu();
    return Math.max(1, (int) Math.round(Double.parseDouble(gigabytes) / slice));
  }

  /** Of the cards that tests cut: A30, A100, H100 and their like. */
  private int slicesOfGpu() {
    return gpu.path("memoryMiB").asInt() < 30_000 ? 4 : 8;
  }

  private boolean listed(JsonNode mig) {
    for (JsonNode instance : gpu.path("instances")) {
      if (instance.path("profile").equals(mig.path("profile"))
          && instance.path("start").equals(mig.path("start"))) {
        return true;
      }
    }
    return false;
  }

  private long sum(String field, String within) {
    return held.stream()
        .map(Held::slot)
        .mapToLong(slot -> (within.isEmpty() ? slot : slot.path(within)).path(field).asLong())
        .sum();
  }
}
