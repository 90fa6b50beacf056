package gpu.kerf.extender.dialect;

import gpu.kerf.extender.gang.MembershipReader;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Kerf's own words: {@code kerf.gpu/memory} or {@code kerf.gpu/whole} among the limits of a
 * container, refined by annotations of the pod.
 *
 * <p>An annotation refines every container that asks for memory; with a dot and a container's name
 * behind it, that one only.
 */
public final class KerfDialect extends Dialect {

  public static final String MEMORY = "kerf.gpu/memory";
  public static final String WHOLE = "kerf.gpu/whole";
  public static final String WALL = "kerf.gpu/wall";
  public static final String SM_PERCENT = "kerf.gpu/sm-percent";
  public static final String SPLIT = "kerf.gpu/split";
  public static final String MODELS = "kerf.gpu/models";

  private static final String PREFIX = "kerf.gpu/";
  private static final Set<String> REFINEMENTS = Set.of(WALL, SM_PERCENT, SPLIT, MODELS);

  /** What a pod of any dialect may say of its gang and its turn; it asks for nothing. */
  private static final Set<String> OF_TURNS =
      Set.of(
          MembershipReader.GANG,
          MembershipReader.SIZE,
          MembershipReader.MINIMUM,
          Annotations.EVICTABLE);

  private static final Words WORDS =
      Words.of(
          Word.asks(MEMORY, "Amount of memory of one GPU, with its unit."),
          Word.asks(WHOLE, "Number of whole GPUs, close to each other."),
          Word.says(
              WALL,
              "The wall between tenants: `mig`, `mps`, or `any`, the one that strands least. This"
                  + " annotation and the next three hold for every container that asks for memory;"
                  + " with a dot and a container's name behind the key, for that container only."),
          Word.says(SM_PERCENT, "Part of the multiprocessors, set aside for the container."),
          Word.says(SPLIT, "Number of GPUs over which the memory is divided."),
          Word.says(MODELS, "Names of the GPU models that it may run on, between commas."),
          Word.kept(
              Annotations.COUNTED,
              Word.Place.ANNOTATION,
              "Written by Kerf's webhook on pods of other dialects: `kerf.gpu/memory` and"
                  + " `kerf.gpu/whole` are there for quota, and ask for nothing. Amounts that are"
                  + " not the webhook's are refused."),
          Word.kept(
              QuotaMemory.RESOURCE,
              Word.Place.LIMIT,
              "Written by Kerf's webhook with `admission.quotaMemory`, on pods of every dialect:"
                  + " the most GPU memory that the container can come to hold, for quota. The"
                  + " container gets no more."),
          Word.kept(
              MembershipReader.GANG,
              Word.Place.ANNOTATION,
              "Name of the gang, in which the pods of one namespace start together; `job` for the"
                  + " pods of one Job, `none` for no gang. This and the next two may be labels, and"
                  + " stand on pods of every dialect."),
          Word.kept(
              MembershipReader.SIZE,
              Word.Place.ANNOTATION,
              "How many pods the gang has: 1 to 512."),
          Word.kept(
              MembershipReader.MINIMUM,
              Word.Place.ANNOTATION,
              "With how many pods the gang can start; without it, with all."),
          Word.kept(
              Annotations.EVICTABLE,
              Word.Place.ANNOTATION,
              "`false`: no other team can take the GPUs back, so the pod starts only within its"
                  + " team's guarantee. On pods of every dialect."),
          Word.kept(
              "kerf.gpu/<any>",
              Word.Place.ANNOTATION,
              "Refused if it is none of these: the others are written by Kerf."));

  public KerfDialect() {
    super("kerf", WORDS);
  }

  @Override
  public boolean isSpokenBy(PodView pod) {
    boolean own = !Counted.isMarked(pod);
    return (own && pod.containers().stream().anyMatch(KerfDialect::asks))
        || (own && pod.initContainers().stream().anyMatch(KerfDialect::asks))
        || (!pod.isBound() && hasAnnotation(pod.annotations()));
  }

  private static boolean hasAnnotation(Map<String, String> annotations) {
    for (String key : annotations.keySet()) {
      if (key.startsWith(PREFIX) && !key.equals(Annotations.COUNTED) && !OF_TURNS.contains(key)) {
        return true;
      }
    }
    return false;
  }

  private static boolean asks(Container container) {
    return has(container, MEMORY) || has(container, WHOLE);
  }

  /** The first container of a pod that asks for GPUs in Kerf's words, or null. */
  public static @Nullable Container firstAsking(PodView pod) {
    for (List<Container> some : List.of(pod.initContainers(), pod.containers())) {
      for (Container each : some) {
        if (asks(each)) {
          return each;
        }
      }
    }
    return null;
  }

  /** The resource of Kerf's that a container asks for; empty if it asks for none. */
  public static String resourceOf(Container container) {
    if (has(container, MEMORY)) {
      return MEMORY;
    }
    return has(container, WHOLE) ? WHOLE : "";
  }

  private static boolean has(Container container, String resource) {
    return container.resources().limits().containsKey(resource)
        || container.resources().requests().containsKey(resource);
  }

  @Override
  public GpuReading read(PodView pod) {
    return new Reader(pod).read();
  }

  /** One pod while it is being read. */
  private static final class Reader {
    private final PodView pod;
    private final List<PodDemand.Container> demands = new ArrayList<>();
    private final List<String> problems = new ArrayList<>(0);
    private boolean someAskForMemory;

    Reader(PodView pod) {
      this.pod = pod;
    }

    GpuReading read() {
      List<Container> asking = asking();
      someAskForMemory = asking.stream().anyMatch(Reader::asksForMemory);
      asking.forEach(this::read);
      checkAnnotations(asking);
      return new GpuReading(problems.isEmpty() ? demands : List.of(), problems);
    }

    private static boolean asksForMemory(Container container) {
      return has(container, MEMORY);
    }

    private List<Container> asking() {
      return Draft.asking(pod, KerfDialect::asks);
    }

    private void read(Container container) {
      String memory = container.resources().limitOrRequest(MEMORY);
      String whole = container.resources().limitOrRequest(WHOLE);
      if (!Draft.hasUsableName(container, problems)) {
        return;
      }
      boolean part = has(container, MEMORY);
      if (part && has(container, WHOLE)) {
        problems.add(
            "The container "
                + container.name()
                + " asks for both kerf.gpu/memory ("
                + Quantity.shown(memory)
                + ") and kerf.gpu/whole ("
                + Quantity.shown(whole)
                + ").\nKeep one: a part of a GPU, or whole GPUs.");
      } else {
        attempt(container, part ? MEMORY : WHOLE, part ? memory : whole);
      }
    }

    private void attempt(Container container, String resource, String value) {
      int before = problems.size();
      Demand demand =
          resource.equals(MEMORY)
              ? part(() -> Demand.memory(MemoryMiB.parse(value)), container, resource, value)
              : part(() -> Demand.whole(count(value)), container, resource, value);
      for (Refinement refinement : Refinement.values()) {
        demand = refined(demand, refinement, container);
      }
      if (demand != null && problems.size() == before) {
        demands.add(new PodDemand.Container(container.name(), demand));
      }
    }

    private @Nullable Demand refined(
        @Nullable Demand demand, Refinement refinement, Container container) {
      String value = value(refinement.key, container);
      if (value.isEmpty()) {
        return demand;
      }
      Demand base = demand == null ? standIn(container) : demand;
      Demand result = part(() -> refinement.apply(base, value), container, refinement.key, value);
      return demand == null ? null : result;
    }

    /** Lets the refinements of a size that cannot be read be checked, too. */
    private static Demand standIn(Container container) {
      return asksForMemory(container)
          ? Demand.memory(new MemoryMiB(Demand.MOST_GPUS))
          : Demand.whole(1);
    }

    /** The container's own annotation, or the pod's where it means this container. */
    private String value(String key, Container container) {
      String own = pod.annotation(key + "." + container.name());
      boolean meant = key.equals(MODELS) || asksForMemory(container) || !someAskForMemory;
      return own.isEmpty() && meant ? pod.annotation(key) : own;
    }

    private @Nullable Demand part(
        Supplier<Demand> reader, Container container, String key, String value) {
      try {
        return reader.get();
      } catch (IllegalArgumentException e) {
        problems.add(problem(key, Quantity.shown(value), container, e));
        return null;
      }
    }

    /** Names the key and the container instead of what the model calls the value. */
    private static String problem(
        String key, String value, Container container, IllegalArgumentException cause) {
      String text = String.valueOf(cause.getMessage());
      String head = "(" + value + ")";
      int after = text.startsWith("The ") ? text.indexOf(head) + head.length() : 0;
      String rest = after > head.length() ? text.substring(after) : ": " + text;
      return "The " + key + " (" + value + ") of container " + container.name() + rest;
    }

    private static int count(String value) {
      if (!value.matches("[0-9]{1,9}")) {
        throw new IllegalArgumentException("That is no number of GPUs.\nMaybe write 2.");
      }
      return Integer.parseInt(value);
    }

    private void checkAnnotations(List<Container> asking) {
      if (pod.isBound()) {
        return;
      }
      for (Map.Entry<String, String> annotation : pod.annotations().entrySet()) {
        String key = annotation.getKey();
        if (key.startsWith(PREFIX) && !OF_TURNS.contains(key)) {
          check(key, asking);
        }
      }
    }

    private void check(String key, List<Container> asking) {
      int dot = key.indexOf('.', PREFIX.length());
      String word = dot < 0 ? key : key.substring(0, dot);
      String container = dot < 0 ? "" : key.substring(dot + 1);
      if (!REFINEMENTS.contains(word)) {
        problems.add(
            "The annotation "
                + Quantity.shown(key)
                + " is none that a pod may bring.\nThose are "
                + String.join(", ", WALL, SM_PERCENT, SPLIT, MODELS)
                + "; the others are written by Kerf.");
      } else if (asking.isEmpty()) {
        problems.add(
            "The annotation "
                + Quantity.shown(key)
                + " refines nothing: no container asks for a GPU.\n"
                + "Add kerf.gpu/memory or kerf.gpu/whole to its limits.");
      } else if (dot >= 0 && asking.stream().noneMatch(one -> one.name().equals(container))) {
        problems.add(
            "The annotation "
                + Quantity.shown(key)
                + " names a container that asks for no GPU.\nMaybe it has another name.");
      }
    }
  }

  /** What an annotation changes of a demand. The split comes first: it makes sizes smaller. */
  private enum Refinement {
    SPLIT_OVER(SPLIT) {
      @Override
      Demand apply(Demand demand, String value) {
        int parts = Reader.count(value);
        if (parts < 1 || parts > Demand.MOST_GPUS) {
          throw new IllegalArgumentException(
              "It must be between 1 and " + Demand.MOST_GPUS + " GPUs.");
        }
        if (demand.size() instanceof Size.Whole) {
          throw new IllegalArgumentException(
              "It divides memory over GPUs, and whole GPUs are not divided.\nLeave it out.");
        }
        return demand.splitOver(parts);
      }
    },
    WALL_OF(WALL) {
      @Override
      Demand apply(Demand demand, String value) {
        return demand.withWall(WallChoice.parse(value));
      }
    },
    SM_OF(SM_PERCENT) {
      @Override
      Demand apply(Demand demand, String value) {
        if (!value.matches("[0-9]{1,3}")) {
          throw new IllegalArgumentException("It must be a whole number between 1 and 100.");
        }
        return demand.withSm(Milli.ofPercent(Integer.parseInt(value)));
      }
    },
    MODELS_OF(MODELS) {
      @Override
      Demand apply(Demand demand, String value) {
        return demand.onModels(Arrays.stream(value.split(",", -1)).map(String::strip).toList());
      }
    };

    private final String key;

    Refinement(String key) {
      this.key = key;
    }

    abstract Demand apply(Demand demand, String value);
  }
}
