package gpu.kerf.extender.wire;

import gpu.kerf.model.placement.Reason;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the answers to kube-scheduler, with exactly its field names. It writes every field, and
 * never null where Go would follow a pointer. Belongs to the thread that owns the names.
 */
public final class WireWriter {

  private final NodeNames names;
  private final JsonBuffer out = new JsonBuffer();
  private final Map<Reason, byte[]> texts = texts();

  public WireWriter(NodeNames names) {
    this.names = names;
  }

  private static Map<Reason, byte[]> texts() {
    Map<Reason, byte[]> texts = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      texts.put(reason, JsonBuffer.jsonOf(reason.text()));
    }
    return texts;
  }

  public byte[] filter(FilterAnswer answer) {
    out.clear();
    if (answer.nodes().objects() == null) {
      out.raw("{\"Nodes\":null,\"NodeNames\":");
      writeNames(answer);
    } else {
      out.raw("{\"Nodes\":{\"metadata\":{},\"items\":");
      writeObjects(answer, answer.nodes().objects());
      out.raw("},\"NodeNames\":null");
    }
    out.raw(",\"FailedNodes\":");
    writeFailed(answer, false);
    out.raw(",\"FailedAndUnresolvableNodes\":");
    writeFailed(answer, true);
    return out.raw(",\"Error\":").string(answer.error()).raw('}').toByteArray();
  }

  private void writeNames(FilterAnswer answer) {
    NodeList nodes = answer.nodes();
    out.raw('[');
    boolean first = true;
    for (int i = 0; i < nodes.size(); i++) {
      if (answer.isChosen(i)) {
        out.comma(first).raw(names.json(nodes.index(i)));
        first = false;
      }
    }
    if (answer.unknownAreChosen()) {
      for (String name : nodes.unknown()) {
        out.comma(first).string(name);
        first = false;
      }
    }
    out.raw(']');
  }

  private void writeObjects(FilterAnswer answer, @Nullable NodeObjects objects) {
    out.raw('[');
    boolean first = true;
    for (String name : answer.chosenNames(names)) {
      out.comma(first);
      if (objects != null) {
        objects.write(name, out);
      }
      first = false;
    }
    out.raw(']');
  }

  private void writeFailed(FilterAnswer answer, boolean never) {
    NodeList nodes = answer.nodes();
    byte[] problem = answer.problem() == null ? null : JsonBuffer.jsonOf(answer.problem());
    out.raw('{');
    boolean first = true;
    for (int i = 0; i < nodes.size(); i++) {
      Reason reason = answer.reason(i);
      byte[] text =
          reason != null && answer.isHopeless(i, reason) != never
              ? null
              : text(problem, reason, never || reason != null);
      if (text != null) {
        out.comma(first).raw(names.json(nodes.index(i))).raw(':').raw(text);
        first = false;
      }
    }
    Reason unknown = answer.reasonOfUnknown();
    byte[] text =
        unknown != null && unknown.never() != never
            ? null
            : text(problem, unknown, never || unknown != null);
    if (text != null) {
      for (String name : nodes.unknown()) {
        out.comma(first).string(name).raw(':').raw(text);
        first = false;
      }
    }
    out.raw('}');
  }

  /** A pod that makes no sense is hopeless on every node. */
  private byte @Nullable [] text(
      byte @Nullable [] problem, @Nullable Reason reason, boolean never) {
    if (problem != null) {
      return never ? problem : null;
    }
    return reason != null ? texts.get(reason) : null;
  }

  public byte[] prioritize(Scores scores) {
    out.clear().raw('[');
    NodeList nodes = scores.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      out.comma(i == 0).raw("{\"Host\":").raw(names.json(nodes.index(i)));
      out.raw(",\"Score\":").number(scores.score(i)).raw('}');
    }
    boolean first = nodes.size() == 0;
    for (String name : nodes.unknown()) {
      out.comma(first).raw("{\"Host\":").string(name);
      out.raw(",\"Score\":").number(scores.unknown()).raw('}');
      first = false;
    }
    return out.raw(']').toByteArray();
  }

  public byte[] bind(BindAnswer answer) {
    return out.clear().raw("{\"Error\":").string(answer.error()).raw('}').toByteArray();
  }

  public byte[] preempt(PreemptAnswer answer) {
    out.clear().raw("{\"NodeNameToMetaVictims\":{");
    boolean first = true;
    for (PreemptAnswer.Victims node : answer.nodes()) {
      out.comma(first).string(node.node()).raw(":{\"Pods\":[");
      writeVictims(node.uids());
      out.raw("],\"NumPDBViolations\":").number(node.violations()).raw('}');
      first = false;
    }
    return out.raw("}}").toByteArray();
  }

  private void writeVictims(List<String> uids) {
    for (int i = 0; i < uids.size(); i++) {
      out.comma(i == 0).raw("{\"UID\":").string(uids.get(i)).raw('}');
    }
  }
}
