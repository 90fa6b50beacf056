package gpu.kerf.extender.audit;

import gpu.kerf.extender.audit.AuditReport.HeldGpu;
import gpu.kerf.extender.audit.AuditReport.Part;
import gpu.kerf.extender.audit.Rule.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A report as {@code kerf audit --json} prints it. */
public final class AuditJson {
  private AuditJson() {}

  public static Map<String, Object> of(AuditReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("v", 1);
    json.put("nodes", report.nodes());
    json.put("gpus", report.gpus());
    json.put("gpusHeld", report.held().size());
    json.put("holders", report.holders());
    json.put("overlaps", report.overlaps().size());
    json.put("invalid", report.of(Level.INVALID).size());
    json.put("unknown", report.of(Level.UNKNOWN).size());
    json.put("findings", report.findings().stream().map(AuditJson::finding).toList());
    json.put("held", report.held().stream().map(AuditJson::gpu).toList());
    return json;
  }

  private static Map<String, Object> finding(Finding finding) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("level", finding.rule().level().name().toLowerCase(Locale.ROOT));
    json.put("rule", finding.rule().word());
    gpu(json, finding.node(), finding.gpu(), finding.uuid());
    json.put("holders", finding.holders().stream().map(AuditJson::holder).toList());
    json.put("text", finding.text());
    return json;
  }

  private static void gpu(Map<String, Object> json, String node, int gpu, String uuid) {
    putText(json, "node", node);
    if (gpu >= 0) {
      json.put("gpu", gpu);
    }
    putText(json, "uuid", uuid);
  }

  private static void putText(Map<String, Object> json, String key, String text) {
    if (!text.isEmpty()) {
      json.put(key, text);
    }
  }

  private static Map<String, Object> holder(Claimant holder) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", holder.kind());
    json.put("namespace", holder.namespace());
    json.put("name", holder.name());
    json.put("uid", holder.uid());
    return json;
  }

  private static Map<String, Object> gpu(HeldGpu gpu) {
    Map<String, Object> json = new LinkedHashMap<>();
    gpu(json, gpu.node(), gpu.index(), gpu.uuid());
    List<Object> slots = new ArrayList<>();
    gpu.parts().forEach(part -> slots.add(part(part)));
    json.put("slots", slots);
    return json;
  }

  private static Map<String, Object> part(Part part) {
    HeldSlot slot = part.slot();
    Map<String, Object> json = holder(part.holder());
    putText(json, "container", slot.by());
    json.put("how", slot.kind().word());
    if (slot.isMig()) {
      json.put("profile", slot.profile());
      json.put("start", slot.start());
      putText(json, "instance", slot.instance());
    }
    json.put("memoryMiB", slot.memoryMiB());
    if (slot.smMilli() > 0) {
      json.put("smMilli", slot.smMilli());
    }
    return json;
  }
}
