package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words of NVIDIA's device plugin: whole GPUs, and MIG instances by their profile. In a
 * resource's name the plugin writes a dot where a profile's name has a plus.
 */
public final class NvidiaDialect extends Dialect {

  static final String GPU = "nvidia.com/gpu";
  private static final String SHARED = "nvidia.com/gpu.shared";
  private static final String MIG = "nvidia.com/mig-";
  private static final String MIG_SHARED = ".shared";

  private static final Pattern PROFILE =
      Pattern.compile("([1-9][0-9]?g\\.[1-9][0-9]{0,3}gb)(?:\\.(me|me\\.all|gfx)|(-me))?");
  private static final Pattern COMPUTE_INSTANCE = Pattern.compile("[0-9]+c\\..*");

  private static final Words WORDS =
      Words.of(
          Word.asks(
              GPU,
              "Number of whole GPUs, close to each other. Also where the device plugin would have"
                  + " handed out a replica or, with the MIG strategy single, an instance."),
          Word.asks(
              "nvidia.com/mig-<profile>",
              "An instance of that MIG profile: `mig-1g.10gb`, `mig-1g.10gb.me` for `1g.10gb+me`."
                  + " More than one means one on each of so many GPUs."),
          Word.asks(
              SHARED,
              "Refused: a replica says neither how much memory nor that anything keeps tenants"
                  + " apart. Instead: `kerf.gpu/memory: 8Gi`."));

  public NvidiaDialect() {
    super("nvidia", WORDS);
  }

  @Override
  public GpuReading read(PodView pod) {
    return new Draft(pod).read(NvidiaDialect::asks, NvidiaDialect::demand).reading();
  }

  static boolean asks(Container container) {
    return WORDS.areAskedBy(container);
  }

  /** Whether a container asks for a MIG profile or a replica. */
  static boolean asksForMoreThanGpus(Container container) {
    return keys(container).stream().anyMatch(key -> !key.equals(GPU));
  }

  /** What a container asks in these words alone. */
  static Demand demand(Container container) {
    List<String> keys = keys(container);
    String key = keys.get(0);
    Value value = Draft.limit(container, key);
    if (keys.size() > 1) {
      throw value.problem(
          "stands beside " + keys.get(1) + ", and a container gets one kind of slot",
          "Maybe divide the work over two containers");
    }
    if (key.equals(GPU)) {
      return Demand.whole(value.gpus());
    }
    if (key.equals(SHARED) || key.endsWith(MIG_SHARED)) {
      throw value.problem(
          "is a replica of unknown size", "Write how much memory it needs: kerf.gpu/memory: 8Gi");
    }
    return new Demand(
        new Size.Profile(profile(value, key.substring(MIG.length()))),
        value.gpus(),
        WallChoice.MIG,
        null,
        List.of());
  }

  /** The words that a container uses, in the order of their names. */
  private static List<String> keys(Container container) {
    TreeSet<String> names = new TreeSet<>(container.resources().limits().keySet());
    names.addAll(container.resources().requests().keySet());
    List<String> keys = new ArrayList<>(1);
    for (String name : names) {
      boolean known = name.equals(GPU) || name.equals(SHARED) || name.startsWith(MIG);
      if (known && !Draft.limit(container, name).isNothing()) {
        keys.add(name);
      }
    }
    return keys;
  }

  private static String profile(Value value, String written) {
    Matcher form = PROFILE.matcher(written);
    if (form.matches()) {
      String plus = form.group(2) == null ? "" : "+" + form.group(2);
      String minus = form.group(3) == null ? "" : form.group(3);
      return form.group(1) + plus + minus;
    }
    if (COMPUTE_INSTANCE.matcher(written).matches()) {
      throw value.problem(
          "is a part of a MIG instance, which shares its memory with the other parts",
          "Ask for an instance of its own, such as nvidia.com/mig-1g.10gb: 1");
    }
    throw value.problem("names no MIG profile", "Maybe nvidia.com/mig-1g.10gb");
  }
}
