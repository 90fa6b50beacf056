package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.ClaimFinding.Kind;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows of every ResourceClaim whether its devices are GPUs: by their drivers once they are
 * allocated, and before by what the claim and its DeviceClasses say.
 *
 * <pre>
 *   the claim is allocated                              its drivers decide
 *   the claim, or its template, is known                its requests decide, each by the drivers
 *                                                       that its class and its selectors can match:
 *     only drivers of GPUs, in one of the requests      GPUS
 *     none in any                                       NO_GPUS
 *     some, or the selectors do not say                 UNKNOWN until it is allocated
 *   neither is known                                    UNKNOWN
 * </pre>
 *
 * <p>{@link #finding} may be called on any thread, everything else on the thread that owns the
 * ledger.
 */
public final class ClaimBook {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Before the name of a class: the resource that it stands for in any case. */
  private static final String IMPLIED = "deviceclass.resource.kubernetes.io/";

  /** The allocation was written before bind was called; only its event is still under way. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final GpuDrivers drivers;
  private final LongSupplier nanos;
  private final Map<String, DeviceClass> classes = new ConcurrentHashMap<>();
  private final Map<String, ClaimSpec> templates = new ConcurrentHashMap<>();
  private final Map<String, Entry> claims = new ConcurrentHashMap<>();
  private final List<Waiting> waiting = new ArrayList<>();

  /** A claim as it was told last. */
  private record Entry(String uid, ClaimSpec asked, Claim.Allocation allocation) {}

  /** A question that cannot be answered yet. */
  private record Waiting(
      String namespace,
      List<PodView.Claim> claims,
      long until,
      CompletableFuture<ClaimFinding> answer) {}

  public ClaimBook(GpuDrivers drivers, LongSupplier nanos) {
    this.drivers = drivers;
    this.nanos = nanos;
  }

  GpuDrivers drivers() {
    return drivers;
  }

  /** What is known of the claims of a pod, GPUs before all else. */
  public ClaimFinding finding(String namespace, List<PodView.Claim> ofPod) {
    ClaimFinding unknown = null;
    for (PodView.Claim each : ofPod) {
      ClaimFinding one = finding(namespace, each);
      if (one.kind() == Kind.GPUS) {
        return one;
      }
      unknown = one.kind() == Kind.UNKNOWN && unknown == null ? one : unknown;
    }
    return unknown == null ? ClaimFinding.NO_GPUS : unknown;
  }

  private ClaimFinding finding(String namespace, PodView.Claim claim) {
    Entry known = claim.object().isEmpty() ? null : claims.get(namespace + "/" + claim.object());
    if (known == null) {
      ClaimSpec made =
          claim.template().isEmpty() ? null : templates.get(namespace + "/" + claim.template());
      return made == null ? new ClaimFinding(Kind.UNKNOWN, claim.name(), "") : asked(claim, made);
    }
    return switch (known.allocation) {
      case NONE -> asked(claim, known.asked);
      case GPUS -> new ClaimFinding(Kind.GPUS, claim.name(), "");
      case OTHERS -> ClaimFinding.NO_GPUS;
    };
  }

  private ClaimFinding asked(PodView.Claim claim, ClaimSpec spec) {
    ClaimFinding unknown = null;
    for (ClaimSpec.Choice each : spec.choices()) {
      ClaimFinding one = new ClaimFinding(kind(each), claim.name(), each.deviceClass());
      if (one.kind() == Kind.GPUS) {
        return one;
      }
      unknown = one.kind() == Kind.UNKNOWN ? one : unknown;
    }
    return unknown == null ? ClaimFinding.NO_GPUS : unknown;
  }

  private Kind kind(ClaimSpec.Choice choice) {
    DeviceClass known = classes.get(choice.deviceClass());
    return kind(
        choice.deviceClass(),
        DriverSelector.both(known == null ? null : known.drivers(), choice.drivers()));
  }

  private Kind kind(String deviceClass, @Nullable Set<String> possible) {
    if (possible == null) {
      return Kind.UNKNOWN;
    }
    long gpus = possible.stream().filter(each -> drivers.areOf(each, deviceClass)).count();
    if (gpus == 0) {
      return Kind.NO_GPUS;
    }
    return gpus == possible.size() ? Kind.GPUS : Kind.UNKNOWN;
  }

  /**
   * Whether devices of a class that stands for an extended resource are GPUs. A resource for which
   * pods ask Kerf is Kerf's to read, be there a class for it or not.
   */
  public ClaimFinding ofResource(String resource) {
    for (DeviceClass each : classes.values()) {
      boolean implied = resource.equals(IMPLIED + each.name());
      boolean said = resource.equals(each.resource()) && each.effect() == DeviceClass.Effect.NONE;
      if (implied || said) {
        return new ClaimFinding(kind(each.name(), each.drivers()), resource, each.name());
      }
    }
    return ClaimFinding.NO_GPUS;
  }

  /**
   * The same as {@link #finding}, as soon as it is not unknown any more; after a while as it is
   * then. What kube- scheduler has allocated to claims is told by their watch a moment after it was
   * written.
   */
  public CompletionStage<ClaimFinding> settled(String namespace, List<PodView.Claim> ofPod) {
    ClaimFinding now = finding(namespace, ofPod);
    if (now.kind() != Kind.UNKNOWN) {
      return CompletableFuture.completedStage(now);
    }
    long until = nanos.getAsLong() + PATIENCE.toNanos();
    Waiting question = new Waiting(namespace, ofPod, until, new CompletableFuture<>());
    waiting.add(question);
    return question.answer;
  }

  /** Answers what can be answered, or has waited for too long; to be called now and then. */
  public void tick() {
    if (waiting.isEmpty()) {
      return;
    }
    List<Runnable> answers = new ArrayList<>();
    for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
      Waiting one = each.next();
      ClaimFinding now = finding(one.namespace, one.claims);
      if (now.kind() != Kind.UNKNOWN || one.until - nanos.getAsLong() <= 0) {
        each.remove();
        answers.add(() -> one.answer.complete(now));
      }
    }
    answers.forEach(Runnable::run);
  }

  void put(Meta meta, Claim claim) {
    claims.put(meta.key(), new Entry(meta.uid(), claim.asked(), claim.allocation()));
    tick();
  }

  void deleted(Meta meta) {
    claims.computeIfPresent(
        meta.key(), (key, known) -> known.uid.equals(meta.uid()) ? null : known);
  }

  /** The DeviceClasses that stand for a resource, in the order of their names. */
  public List<DeviceClass> standingFor() {
    return classes.values().stream()
        .filter(each -> !each.resource().isEmpty())
        .sorted((one, other) -> one.name().compareTo(other.name()))
        .toList();
  }

  /** Where DeviceClasses are told. */
  public Sink<DeviceClass> classes() {
    return new Known<>(classes, DeviceClass::read);
  }

  /** Where ResourceClaimTemplates are told. */
  public Sink<?> templates() {
    return new Known<>(templates, object -> ClaimSpec.read(object.at("/spec/spec")));
  }

  /** Keeps the objects of one kind. */
  private static final class Known<T> implements Sink<T> {
    private final Map<String, T> objects;
    private final Function<JsonNode, T> reader;

    Known(Map<String, T> objects, Function<JsonNode, T> reader) {
      this.objects = objects;
      this.reader = reader;
    }

    @Override
    public T read(Meta meta, JsonSlice json) throws WireException {
      try {
        return reader.apply(JSON.readTree(json.bytes(), json.offset(), json.length()));
      } catch (IOException e) {
        throw new WireException("The " + meta.key() + " cannot be read: " + e.getMessage());
      }
    }

    @Override
    public void put(Meta meta, T object) {
      objects.put(meta.key(), object);
    }

    @Override
    public void unreadable(Meta meta, String problem) {
      deleted(meta);
    }

    @Override
    public void deleted(Meta meta) {
      objects.remove(meta.key());
    }
  }
}
