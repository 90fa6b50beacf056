package gpu.kerf.extender.gang;

import gpu.kerf.extender.gang.GangKey.Source;
import gpu.kerf.extender.wire.PodView;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a pod alone which gang it is in. A pod may be known to several projects by different
 * words; the first words in {@link #SOURCES} count.
 */
public final class MembershipReader {

  public static final String GANG = "kerf.gpu/gang";
  public static final String SIZE = "kerf.gpu/gang-size";
  public static final String MINIMUM = "kerf.gpu/gang-minimum";

  /** The value by which the pods of a Job say that they are a gang. */
  private static final String JOB = "job";

  /** The value by which a pod says that it is in no gang, also if other words name one. */
  private static final String NONE = "none";

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
  private static final int LONGEST_NAME = 253;

  private static final List<Function<PodView, @Nullable Membership>> SOURCES =
      List.of(
          MembershipReader::kerf,
          MembershipReader::kubernetes,
          MembershipReader::schedulerPlugins,
          MembershipReader::volcano,
          MembershipReader::kai,
          MembershipReader::kueue,
          MembershipReader::leaderWorkerSet,
          MembershipReader::jobSet);

  private MembershipReader() {}

  /** What a pod says; null if it is in no gang. */
  public static @Nullable Membership read(PodView pod) {
    if (said(pod, GANG).equals(NONE)) {
      return null;
    }
    for (Function<PodView, @Nullable Membership> source : SOURCES) {
      Membership found = source.apply(pod);
      if (found != null) {
        return isAlone(found) ? null : found;
      }
    }
    return null;
  }

  /** A pod that need not wait for others starts as if it were in no gang. */
  private static boolean isAlone(Membership membership) {
    GangSize size = membership.size();
    return size != null && size.most() == 1;
  }

  private static @Nullable Membership kerf(PodView pod) {
    String name = said(pod, GANG);
    if (name.isEmpty()) {
      return sizeWithoutGang(pod);
    }
    if (name.equals(JOB)) {
      return job(pod);
    }
    GangKey gang = key(Source.KERF, pod, name);
    if (name.length() > LONGEST_NAME) {
      return Membership.refused(gang, GANG + " is longer than " + LONGEST_NAME + " characters.");
    }
    return said(pod, SIZE).isEmpty()
        ? Membership.refused(
            gang,
            GANG + " (" + shown(name) + ") has no " + SIZE + ".\nWrite how many pods the gang has.")
        : sized(gang, pod);
  }

  private static @Nullable Membership sizeWithoutGang(PodView pod) {
    for (String key : List.of(SIZE, MINIMUM)) {
      String value = said(pod, key);
      if (!value.isEmpty()) {
        return Membership.refused(
            key(Source.KERF, pod, ""),
            key + " (" + shown(value) + ") is of no gang.\nWrite the gang's name in " + GANG + ".");
      }
    }
    return null;
  }

  private static Membership job(PodView pod) {
    String name = label(pod, "batch.kubernetes.io/job-name", "job-name");
    GangKey gang = key(Source.JOB, pod, name);
    if (name.isEmpty()) {
      return Membership.refused(
          gang, GANG + " (job) stands on a pod of no Job.\nWrite a name, and " + SIZE + ".");
    }
    return said(pod, SIZE).isEmpty() ? Membership.sizedElsewhere(gang) : sized(gang, pod);
  }

  /** The numbers of Kerf's own words. */
  private static Membership sized(GangKey gang, PodView pod) {
    String most = said(pod, SIZE);
    String minimum = said(pod, MINIMUM);
    try {
      int size = number(SIZE, most);
      return Membership.of(
          gang, new GangSize(minimum.isEmpty() ? size : number(MINIMUM, minimum), size));
    } catch (IllegalArgumentException wrong) {
      return Membership.refused(gang, wrong.getMessage());
    }
  }

  private static @Nullable Membership kubernetes(PodView pod) {
    return elsewhere(Source.KUBERNETES, pod, pod.schedulingGroup());
  }

  private static @Nullable Membership schedulerPlugins(PodView pod) {
    return elsewhere(
        Source.SCHEDULER_PLUGINS,
        pod,
        label(pod, "scheduling.x-k8s.io/pod-group", "pod-group.scheduling.sigs.k8s.io"));
  }

  private static @Nullable Membership volcano(PodView pod) {
    String name = pod.annotation("scheduling.k8s.io/group-name");
    return elsewhere(
        Source.VOLCANO,
        pod,
        name.isEmpty() ? pod.annotation("scheduling.volcano.sh/group-name") : name);
  }

  private static @Nullable Membership kai(PodView pod) {
    return elsewhere(Source.KAI, pod, said(pod, "pod-group-name"));
  }

  private static @Nullable Membership elsewhere(Source source, PodView pod, String name) {
    return name.isEmpty() ? null : Membership.sizedElsewhere(key(source, pod, name));
  }

  /** The pods of a serving group may be created one after the other, each when one is ready. */
  private static @Nullable Membership kueue(PodView pod) {
    String name = label(pod, "kueue.x-k8s.io/pod-group-name");
    boolean serving = pod.annotation("kueue.x-k8s.io/pod-group-serving").equals("true");
    return name.isEmpty() || serving
        ? null
        : counted(Source.KUEUE, pod, name, "kueue.x-k8s.io/pod-group-total-count");
  }

  private static @Nullable Membership leaderWorkerSet(PodView pod) {
    String name = label(pod, "leaderworkerset.sigs.k8s.io/name");
    String group = label(pod, "leaderworkerset.sigs.k8s.io/group-index");
    return name.isEmpty() || group.isEmpty()
        ? null
        : counted(
            Source.LEADER_WORKER_SET, pod, name + "/" + group, "leaderworkerset.sigs.k8s.io/size");
  }

  private static @Nullable Membership jobSet(PodView pod) {
    return elsewhere(Source.JOB_SET, pod, said(pod, "jobset.sigs.k8s.io/jobset-name"));
  }

  /** A group whose size stands in an annotation of each pod. */
  private static Membership counted(Source source, PodView pod, String name, String annotation) {
    GangKey gang = key(source, pod, name);
    try {
      return Membership.of(gang, GangSize.all(number(annotation, pod.annotation(annotation))));
    } catch (IllegalArgumentException wrong) {
      return Membership.refused(gang, wrong.getMessage());
    }
  }

  private static int number(String key, String value) {
    int number = NUMBER.matcher(value).matches() ? Integer.parseInt(value) : 0;
    if (number < 1 || number > GangSize.MOST) {
      throw new IllegalArgumentException(
          key
              + " ("
              + shown(value)
              + ") must be a whole number between 1 and "
              + GangSize.MOST
              + ".\nWrite how many pods start together.");
    }
    return number;
  }

  private static GangKey key(Source source, PodView pod, String name) {
    return new GangKey(source, pod.ref().namespace(), name);
  }

  /** A label's value, or that of the annotation of the same key. */
  private static String said(PodView pod, String key) {
    String label = pod.labels().getOrDefault(key, "");
    return label.isEmpty() ? pod.annotation(key) : label;
  }

  private static String label(PodView pod, String... keys) {
    for (String key : keys) {
      String value = pod.labels().getOrDefault(key, "");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private static String shown(String value) {
    String printable = value.replaceAll("[^\\x20-\\x7e]", "?");
    return printable.length() > 40 ? printable.substring(0, 40) + "…" : printable;
  }
}
