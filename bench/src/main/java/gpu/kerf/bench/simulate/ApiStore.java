package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The objects of the cluster and their history: every change has the next revision, for all kinds
 * together, as in etcd. Revisions before the last compaction are removed.
 */
final class ApiStore {
  /** When the simulation begins. */
  static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  private final VirtualTime timeline;
  private final Map<ObjectKind, Map<String, Stored>> objects = new EnumMap<>(ObjectKind.class);
  private final Map<ObjectKind, List<Change>> history = new EnumMap<>(ObjectKind.class);
  private final Map<ObjectKind, Long> forgotten = new EnumMap<>(ObjectKind.class);
  private final List<Consumer<Change>> listeners = new ArrayList<>();
  private Consumer<ObjectNode> admission = pod -> {};
  private long revision = 1;
  private long uids;

  /** An object became another: one of both is null where it came or went. */
  record Change(long revision, ObjectKind kind, @Nullable Stored before, @Nullable Stored after) {
    /** Which object. */
    Stored any() {
      return Objects.requireNonNull(after == null ? before : after);
    }
  }

  ApiStore(VirtualTime timeline) {
    this.timeline = timeline;
    for (ObjectKind kind : ObjectKind.values()) {
      objects.put(kind, new LinkedHashMap<>());
      history.put(kind, new ArrayList<>());
      forgotten.put(kind, 0L);
    }
  }

  /** Is told of every change, at once. */
  void listen(Consumer<Change> listener) {
    listeners.add(listener);
  }

  void unlisten(Consumer<Change> listener) {
    listeners.remove(listener);
  }

  /** May change every pod that is created. */
  void admitPods(Consumer<ObjectNode> webhook) {
    admission = webhook;
  }

  long revision() {
    return revision;
  }

  private Map<String, Stored> of(ObjectKind kind) {
    return Objects.requireNonNull(objects.get(kind));
  }

  @Nullable Stored get(ObjectKind kind, String key) {
    return of(kind).get(key);
  }

  Collection<Stored> all(ObjectKind kind) {
    return of(kind).values();
  }

  String timestamp() {
    return EPOCH.plusNanos(timeline.now()).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Adds an object; null if there is one of this name. */
  @Nullable Stored create(ObjectKind kind, ObjectNode json) {
    ObjectNode metadata = (ObjectNode) json.get("metadata");
    String key =
        Stored.key(metadata.path("namespace").asText(""), metadata.path("name").asText(""));
    if (of(kind).containsKey(key)) {
      return null;
    }
    if (kind == ObjectKind.POD) {
      admission.accept(json);
    }
    metadata.put("uid", "%08x-0000-4000-8000-000000000000".formatted(++uids));
    metadata.put("creationTimestamp", timestamp());
    return put(kind, json, null);
  }

  /** Changes an object; the change gets a copy of it. */
  Stored update(Stored before, Consumer<ObjectNode> change) {
    ObjectNode json = before.json().deepCopy();
    change.accept(json);
    return json.equals(before.json()) ? before : put(before.kind(), json, before);
  }

  private Stored put(ObjectKind kind, ObjectNode json, @Nullable Stored before) {
    long version = ++revision;
    ((ObjectNode) json.get("metadata")).put("resourceVersion", "" + version);
    Stored stored = new Stored(kind, json, version);
    of(kind).put(stored.key(), stored);
    tell(new Change(version, kind, before, stored));
    return stored;
  }

  void delete(Stored object) {
    of(object.kind()).remove(object.key());
    // The object of the deletion has the revision of the deletion.
    long version = ++revision;
    ObjectNode json = object.json().deepCopy();
    ((ObjectNode) json.get("metadata")).put("resourceVersion", "" + version);
    tell(new Change(version, object.kind(), new Stored(object.kind(), json, version), null));
  }

  private void tell(Change change) {
    Objects.requireNonNull(history.get(change.kind)).add(change);
    for (Consumer<Change> listener : List.copyOf(listeners)) {
      listener.accept(change);
    }
  }

  /** Something was written that no watch of ours sees, such as an event. */
  void writeElsewhere() {
    revision++;
  }

  /**
   * Forgets the history, as an API server does that starts anew: a client at an older revision has
   * missed something, for all that the API server knows, even where nothing of the kind has changed
   * since.
   */
  void forgetHistory() {
    for (ObjectKind kind : ObjectKind.values()) {
      forgotten.put(kind, revision);
      Objects.requireNonNull(history.get(kind)).clear();
    }
  }

  /** The changes after a revision; null if some of them are forgotten. */
  @Nullable List<Change> since(ObjectKind kind, long from) {
    if (from < Objects.requireNonNull(forgotten.get(kind))) {
      return null;
    }
    List<Change> changes = Objects.requireNonNull(history.get(kind));
    int begin = changes.size();
    while (begin > 0 && changes.get(begin - 1).revision > from) {
      begin--;
    }
    return changes.subList(begin, changes.size());
  }
}
