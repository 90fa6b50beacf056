package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.Audit;
import gpu.kerf.extender.audit.AuditReport;
import gpu.kerf.extender.audit.AuditReport.HeldGpu;
import gpu.kerf.extender.audit.AuditReport.Part;
import gpu.kerf.extender.audit.ClusterReader;
import gpu.kerf.extender.audit.HeldSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the API server says at one moment, and what the auditor makes of it. */
record SoakPicture(List<JsonNode> pods, AuditReport report) {

  static SoakPicture take(Api api) {
    ClusterReader reader = new ClusterReader();
    List<JsonNode> pods = TestCluster.each(api.get("/api/v1/pods").path("items")).toList();
    pods.forEach(pod -> reader.add("Pod", pod));
    TestCluster.each(api.get("/api/v1/nodes").path("items"))
        .forEach(node -> reader.add("Node", node));
    return new SoakPicture(pods, Audit.of(reader.input()));
  }

  long bound() {
    return pods.stream().filter(pod -> pod.at("/spec").has("nodeName")).count();
  }

  /** Those that wait for a node. */
  List<JsonNode> pending() {
    return pods.stream()
        .filter(pod -> !pod.at("/spec").has("nodeName"))
        .filter(pod -> !pod.path("metadata").has("deletionTimestamp"))
        .toList();
  }

  /** By uid, the slots that pods hold. */
  SortedMap<String, List<String>> held() {
    SortedMap<String, List<String>> held = new TreeMap<>();
    for (HeldGpu gpu : report.held()) {
      for (Part part : gpu.parts()) {
        HeldSlot slot = part.slot();
        String text = text(gpu.node(), gpu.index(), slot.kind().word(), slot.memoryMiB());
        held.computeIfAbsent(part.holder().uid(), uid -> new ArrayList<>())
            .add(slot.kind() == HeldSlot.Kind.MIG ? text + " at " + slot.start() : text);
      }
    }
    held.values().forEach(slots -> slots.sort(null));
    return held;
  }

  /** The same as a Kerf's ledger has it. */
  static SortedMap<String, List<String>> ledger(KerfProcess kerf) {
    SortedMap<String, List<String>> held = new TreeMap<>();
    for (JsonNode pod : kerf.get("/api/v1/pods?state=bound&limit=100000").path("pods")) {
      List<String> slots = new ArrayList<>();
      for (JsonNode slot : pod.path("slots")) {
        String text =
            text(
                pod.path("node").asText(),
                slot.path("gpu").asInt(),
                slot.path("kind").asText(),
                slot.path("memoryMiB").asLong());
        slots.add(slot.has("start") ? text + " at " + slot.path("start") : text);
      }
      slots.sort(null);
      held.put(pod.path("uid").asText(), slots);
    }
    return held;
  }

  private static String text(String node, int gpu, String kind, long memoryMiB) {
    return node + " GPU " + gpu + " " + kind + " " + memoryMiB;
  }
}
