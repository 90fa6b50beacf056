package gpu.kerf.extender.admission;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reviews that are made to be slow: each has as much of one thing as a body of so many bytes can
 * hold, in the form that is the most work.
 */
final class HostileBodies {

  private static final String LIMIT = "\"resources\":{\"limits\":{\"kerf.gpu/memory\":\"8Gi\"}}";

  private final int bytes;
  private final Map<String, byte[]> all = new LinkedHashMap<>();

  private HostileBodies(int bytes) {
    this.bytes = bytes;
  }

  /** By what they have too much of. */
  static Map<String, byte[]> of(int bytes) {
    HostileBodies bodies = new HostileBodies(bytes);
    bodies.variables();
    bodies.annotations();
    bodies.containers();
    bodies.volumes();
    bodies.rest();
    bodies.allowed();
    return bodies.all;
  }

  private void variables() {
    add("guarded variables", "", main("env", i -> name("CUDA_MPS_" + i)), "");
    add("plain variables", "", main("env", i -> name("V" + i)), "");
    add("warned variables", "", main("env", i -> name("CUDA_VISIBLE_DEVICES")), "");
    add("mounts", "", main("volumeMounts", i -> "{\"mountPath\":\"/../dev/" + i + "\"}"), "");
    add("devices", "", main("volumeDevices", i -> "{\"devicePath\":\"/dev/nvidia" + i + "\"}"), "");
    String names = filled(i -> "\"C" + i + "\"");
    String context = "\"securityContext\":{\"capabilities\":{\"add\":[" + names + "]}}";
    add("capabilities", "", "{\"name\":\"main\"," + LIMIT + "," + context + "}", "");
  }

  private void annotations() {
    add("annotations of runtimes", filled(i -> "\"cdi.k8s.io/" + i + "\":\"a\""), main(), "");
    add("decisions", filled(i -> "\"kerf.gpu/visible-devices." + i + "\":\"a\""), main(), "");
    add("plain annotations", filled(i -> "\"a" + i + "\":\"\""), main(), "");
    add("AppArmor", filled(i -> apparmor(i) + ":\"unconfined\""), main(), "");
  }

  private static String apparmor(int i) {
    return "\"container.apparmor.security.beta.kubernetes.io/" + i + "\"";
  }

  private void containers() {
    add("containers", "", filled(i -> "{\"name\":\"c" + i + "\"}"), "");
    add("asking containers", "", filled(HostileBodies::asking), "");
    add("containers without a name", "", filled(i -> "{}"), "");
    String first = filled(i -> "{\"name\":\"c" + i + "\"}");
    add("init containers", "", main(), ",\"initContainers\":[" + first + "]");
    String resources = filled(i -> "\"a.b/" + i + "\":\"1\"");
    add("resources", "", "{\"name\":\"main\",\"resources\":{\"limits\":{" + resources + "}}}", "");
  }

  private void volumes() {
    String paths = filled(i -> "{\"name\":\"v" + i + "\",\"hostPath\":{\"path\":\"/" + i + "\"}}");
    add("host paths", "", main(), ",\"volumes\":[" + paths + "]");
    String kinds = filled(i -> "\"kind" + i + "\":{}");
    add("kinds of one volume", "", main(), ",\"volumes\":[{\"name\":\"v\"," + kinds + "}]");
    String path = "{\"path\":\"" + "/.".repeat(400_000) + "\"}";
    add("a long path", "", main(), ",\"volumes\":[{\"name\":\"v\",\"hostPath\":" + path + "}]");
  }

  private void rest() {
    add("numbers", "", main(), ",\"x\":[" + filled(i -> "1") + "]");
    add("empty objects", "", main(), ",\"x\":[" + filled(i -> "{}") + "]");
    int depth = bytes / 2 - 1_000;
    add("depth", "", main(), ",\"x\":" + "[".repeat(depth) + "]".repeat(depth));
  }

  /** As much of everything as is looked at. */
  private void allowed() {
    String variables = some(30, i -> name("CUDA_MPS_" + i));
    String containers =
        some(
            Bounds.CONTAINERS,
            i -> "{\"name\":\"c" + i + "\"," + LIMIT + ",\"env\":[" + variables + "]}");
    String volumes =
        some(
            Bounds.VOLUMES,
            i -> "{\"name\":\"v" + i + "\",\"hostPath\":{\"path\":\"/" + i + "\"}}");
    String annotations = some(Bounds.ENTRIES, i -> "\"kerf.gpu/visible-devices." + i + "\":\"a\"");
    add("all that is looked at", annotations, containers, ",\"volumes\":[" + volumes + "]");
    add("containers that all ask", "", some(Bounds.CONTAINERS, HostileBodies::asking), "");
  }

  private static String asking(int i) {
    return "{\"name\":\"c" + i + "\"," + LIMIT + "}";
  }

  private static String some(int number, IntFunction<String> element) {
    return IntStream.range(0, number).mapToObj(element).collect(Collectors.joining(","));
  }

  private static String name(String name) {
    return "{\"name\":\"" + name + "\"}";
  }

  private static String main() {
    return "{\"name\":\"main\"," + LIMIT + "}";
  }

  private String main(String list, IntFunction<String> element) {
    return "{\"name\":\"main\"," + LIMIT + ",\"" + list + "\":[" + filled(element) + "]}";
  }

  /** Elements between commas, as many as there is room for. */
  private String filled(IntFunction<String> element) {
    StringBuilder text = new StringBuilder(bytes);
    int room = bytes - 2_000;
    for (int i = 0; ; i++) {
      String next = element.apply(i);
      if (text.length() + next.length() + 1 > room) {
        return text.toString();
      }
      text.append(i == 0 ? "" : ",").append(next);
    }
  }

  private void add(String what, String annotations, String containers, String more) {
    String pod =
        "{\"metadata\":{\"name\":\"p\",\"annotations\":{"
            + annotations
            + "}},\"spec\":{\"schedulerName\":\"kerf\",\"containers\":["
            + containers
            + "]"
            + more
            + "}}";
    String review =
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\",\"operation\":\"CREATE\","
            + "\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},\"object\":"
            + pod
            + "}}";
    all.put(what, review.getBytes(StandardCharsets.UTF_8));
  }
}
