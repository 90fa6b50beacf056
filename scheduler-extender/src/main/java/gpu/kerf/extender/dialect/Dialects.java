package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.SlotReuse;
import gpu.kerf.model.hardware.DeliveryWay;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the dialect of a pod and reads its demand. Kerf refuses a pod that mixes two dialects,
 * except where the words of one project contain those of another: HAMi's {@code nvidia.com/gpu} is
 * NVIDIA's.
 */
public final class Dialects {

  private final List<Dialect> dialects;
  private final RefusedWords refused;
  private final UnknownWords unknown;
  private final LeastMemory least;
  private final boolean mps;

  public Dialects(List<Dialect> dialects, DialectOptions options) {
    this.dialects = List.copyOf(dialects);
    this.refused = new RefusedWords(this.dialects);
    this.unknown = new UnknownWords(this.dialects);
    this.least = new LeastMemory(options.least());
    this.mps = options.mps();
  }

  /** Every dialect that this build knows. */
  public static Dialects all() {
    return all(DialectOptions.defaults());
  }

  /** Every dialect that this build knows. */
  public static Dialects all(DialectOptions options) {
    return new Dialects(
        List.of(
            new KerfDialect(),
            new KaiDialect(),
            new HamiDialect(),
            new GpushareDialect(options.gpushare()),
            new NvidiaDialect(),
            new VolcanoDialect(),
            new VgpuManagerDialect(),
            new NosDialect(),
            new TkeDialect(),
            new KoordinatorDialect()),
        options);
  }

  /** All of them, in the order in which they are documented. */
  public List<Dialect> each() {
    return dialects;
  }

  /** What a pod asks of a node. */
  public Reading read(PodView pod) {
    HostDemand host = HostDemand.of(pod);
    List<Dialect> spoken = spokenBy(pod);
    String name = names(spoken);
    GpuReading gpus = gpus(pod, spoken, name);
    List<PodDemand.Container> asking = gpus.containers();
    List<String> problems = new ArrayList<>(gpus.problems());
    if (!pod.isBound()) {
      refused.check(pod, problems);
      unknown.check(pod, problems);
      least.check(pod, asking, problems);
      if (mps) {
        asking = OwnShm.check(pod, asking, problems);
      }
      if (name.equals("kerf")) {
        HamiMigPods.check(pod, asking, problems);
      }
    }
    PodDemand demand = problems.isEmpty() ? demand(pod, asking, host, name, problems) : null;
    if (demand != null && !pod.isBound()) {
      Counted.check(pod, name, demand.served(), problems);
    }
    problems.addAll(host.problems());
    return demand != null && problems.isEmpty()
        ? new Reading(demand, List.of(), name)
        : reading(host, problems, name);
  }

  private static @Nullable PodDemand demand(
      PodView pod,
      List<PodDemand.Container> asking,
      HostDemand host,
      String name,
      List<String> problems) {
    try {
      SlotReuse slots = InitContainers.divide(pod, asking);
      if (!slots.refused().isEmpty()) {
        slots.refused().forEach(each -> problems.add(InitContainers.problem(each)));
        return null;
      }
      List<PodDemand.Container> owners = slots.owners();
      if (!pod.isBound()) {
        // Only now: it is the owner of slots that is counted, and whose slots they are is the same
        // before.
        owners = QuotaMemory.bounded(pod, owners, problems);
      }
      PodDemand demand =
          new PodDemand(
              owners,
              slots.reuses(),
              host.cpuMilli(),
              host.memoryMiB(),
              EnumSet.of(DeliveryWay.ENV));
      Set<DeliveryWay> ways = DeviceWords.ways(pod, demand.served(), name);
      if (ways.contains(DeliveryWay.HAMI_MIG) && !demand.reuses().isEmpty()) {
        problems.add(HamiMigPods.initContainer(demand.reuses().get(0).container()));
        return null;
      }
      return demand.handedOutBy(ways);
    } catch (IllegalArgumentException e) {
      problems.add(String.valueOf(e.getMessage()));
      return null;
    }
  }

  /** What a pod that another scheduler placed takes of a node: its GPUs are not Kerf's to count. */
  public Reading readForeign(PodView pod) {
    HostDemand host = HostDemand.of(pod);
    return reading(host, host.problems(), "");
  }

  private static Reading reading(HostDemand host, List<String> problems, String name) {
    PodDemand demand = new PodDemand(List.of(), host.cpuMilli(), host.memoryMiB());
    return new Reading(demand, problems, name);
  }

  private static GpuReading gpus(PodView pod, List<Dialect> spoken, String names) {
    if (spoken.size() > 1) {
      String problem =
          "The pod asks for GPUs in the words of " + names + ".\nMaybe keep those of one.";
      return new GpuReading(List.of(), List.of(problem));
    }
    return spoken.isEmpty() ? GpuReading.NOTHING : spoken.get(0).read(pod);
  }

  private List<Dialect> spokenBy(PodView pod) {
    Dialect first = null;
    List<Dialect> more = List.of();
    for (int i = 0; i < dialects.size(); i++) {
      Dialect dialect = dialects.get(i);
      if (!dialect.isSpokenBy(pod)) {
        continue;
      }
      if (first == null) {
        first = dialect;
      } else {
        more = more.isEmpty() ? new ArrayList<>(List.of(first)) : more;
        more.add(dialect);
      }
    }
    return more.isEmpty() ? one(first) : withoutIncluded(pod, more);
  }

  private static String names(List<Dialect> spoken) {
    return switch (spoken.size()) {
      case 0 -> "";
      case 1 -> spoken.get(0).name();
      default -> spoken.stream().map(Dialect::name).collect(Collectors.joining(" and "));
    };
  }

  private static List<Dialect> one(@Nullable Dialect dialect) {
    return dialect == null ? List.of() : List.of(dialect);
  }

  private static List<Dialect> withoutIncluded(PodView pod, List<Dialect> spoken) {
    boolean counts =
        spoken.stream().anyMatch(KerfDialect.class::isInstance)
            && HamiMigPods.standBesideKerfs(pod);
    return spoken.stream()
        .filter(each -> spoken.stream().noneMatch(other -> other.includes().equals(each.name())))
        .filter(each -> !counts || !(each instanceof NvidiaDialect))
        .toList();
  }

  /**
   * Whether a container asks for devices that a device plugin hands out, in words of other projects
   * than Kerf.
   */
  public static boolean usesDevicePlugin(PodView.Container container) {
    return OthersResources.areAskedBy(container.resources().limits())
        || OthersResources.areAskedBy(container.resources().requests());
  }

  /** The domains of the resources that pods ask for in words of other projects than Kerf. */
  public static List<String> othersDomains() {
    return OthersResources.WORDS.stream()
        .map(word -> word.key().substring(0, word.key().indexOf('/')))
        .distinct()
        .toList();
  }

  /** The resources of all other projects. */
  private static final class OthersResources {
    private static final List<Word> WORDS =
        all().dialects.stream()
            .filter(dialect -> !(dialect instanceof KerfDialect))
            .flatMap(dialect -> dialect.words().stream())
            .filter(word -> word.place() == Word.Place.LIMIT)
            .toList();

    static boolean areAskedBy(Map<String, String> amounts) {
      for (Map.Entry<String, String> each : amounts.entrySet()) {
        // cpu, memory and the like have no domain.
        if (each.getKey().indexOf('/') > 0
            && !Value.isZero(each.getValue())
            && WORDS.stream().anyMatch(word -> word.matches(each.getKey()))) {
          return true;
        }
      }
      return false;
    }
  }
}
