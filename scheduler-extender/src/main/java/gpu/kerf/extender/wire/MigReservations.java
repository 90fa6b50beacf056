package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The MIG instances that HAMi's device plugin makes for a pod, as its scheduler writes them on the
 * pod from HAMi 2.10 on:
 *
 * <pre>
 * [{"containerIndex":0,"deviceIndex":0,"gpuUUID":"GPU-5d…","profile":"2g.10gb","placement":{"start":2,"size":2}}]
 * </pre>
 *
 * <p>Init containers count first. The plugin adds {@code migUUID}, {@code gpuInstanceID} and {@code
 * computeInstanceID} to each when it has made the instance.
 */
public final class MigReservations {
  /** On a pod. */
  public static final String ANNOTATION = "hami.io/vgpu-mig-allocations";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** More memory slices than any GPU has, in units of any driver. */
  private static final int LIMIT = 256;

  /**
   * One instance.
   *
   * @param container the index of its container, init containers first
   * @param device its index among the devices of the container
   * @param gpu the UUID of the GPU
   * @param start in the driver's units
   * @param size in the driver's units
   */
  public record Reservation(
      int container, int device, String gpu, String profile, int start, int size) {}

  private MigReservations() {}

  public static String write(List<Reservation> reservations) {
    JsonBuffer out = new JsonBuffer().raw('[');
    for (int i = 0; i < reservations.size(); i++) {
      Reservation each = reservations.get(i);
      out.comma(i == 0);
      out.raw("{\"containerIndex\":").number(each.container);
      out.raw(",\"deviceIndex\":").number(each.device);
      out.raw(",\"gpuUUID\":").string(each.gpu);
      out.raw(",\"profile\":").string(each.profile);
      out.raw(",\"placement\":{\"start\":").number(each.start);
      out.raw(",\"size\":").number(each.size).raw("}}");
    }
    return new String(out.raw(']').toByteArray(), StandardCharsets.UTF_8);
  }

  /** Reads what stands on a pod; what the plugin has added is left out. */
  public static List<Reservation> parse(String json) throws WireException {
    JsonNode list = tree(json);
    if (!list.isArray()) {
      throw new WireException("The annotation " + ANNOTATION + " is no list.");
    }
    List<Reservation> reservations = new ArrayList<>();
    Set<String> places = new HashSet<>();
    for (JsonNode each : list) {
      Reservation read = reservation(each);
      reservations.add(read);
      if (!places.add(read.container + "/" + read.device)) {
        throw new WireException(
            "The annotation " + ANNOTATION + " has two entries for one device of a container.");
      }
    }
    return reservations;
  }

  private static JsonNode tree(String json) throws WireException {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new WireException(
          "The annotation " + ANNOTATION + " is not JSON: " + JsonIn.plain(e) + ".");
    }
  }

  private static Reservation reservation(JsonNode json) throws WireException {
    Reservation read =
        new Reservation(
            json.path("containerIndex").asInt(-1),
            json.path("deviceIndex").asInt(-1),
            json.path("gpuUUID").asText(""),
            json.path("profile").asText(""),
            json.path("placement").path("start").asInt(-1),
            json.path("placement").path("size").asInt(0));
    boolean complete =
        read.container >= 0
            && read.device >= 0
            && !read.gpu.isEmpty()
            && !read.profile.isEmpty()
            && read.start >= 0
            && read.start < LIMIT
            && read.size > 0
            && read.size < LIMIT;
    if (!complete) {
      throw new WireException("The annotation " + ANNOTATION + " has an entry that is incomplete.");
    }
    return read;
  }
}
