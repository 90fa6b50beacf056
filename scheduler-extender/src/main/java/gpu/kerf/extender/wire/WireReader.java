package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.wire.PodView.Ref;
import gpu.kerf.extender.wire.PreemptCall.Candidate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the request bodies of kube-scheduler.
 *
 * <p>kube-scheduler writes its own keys in UpperCamel and Go reads them in any case, so this does,
 * too. Names of nodes become indexes of the fleet straight from the body's bytes ({@link
 * NameScan}): they are most of a request. Belongs to the thread that owns the names.
 */
public final class WireReader {

  private static final int LONGEST_NAME = 253;

  private final JsonFactory factory = JsonIn.factory();
  private final NodeNames names;
  private int[] seen = new int[0];
  private int round;

  public WireReader(NodeNames names) {
    this.names = names;
  }

  /** Reads what filter and prioritize are sent. */
  public FilterCall filter(byte[] body) throws WireException {
    return read(body, in -> new FilterDraft(in, body).read());
  }

  /** Reads what bind is sent. */
  public BindCall bind(byte[] body) throws WireException {
    return read(body, WireReader::readBind);
  }

  /** Reads what preempt is sent. */
  public PreemptCall preempt(byte[] body) throws WireException {
    return read(body, in -> new PreemptDraft(in).read());
  }

  private <T> T read(byte[] body, JsonIn.Document<T> document) throws WireException {
    try (JsonParser parser = factory.createParser(body)) {
      return JsonIn.read(parser, "body", document);
    } catch (IOException e) {
      throw new WireException("The body cannot be read: " + e.getMessage());
    }
  }

  private static BindCall readBind(JsonIn in) throws IOException, WireException {
    String[] texts = {"", "", "", ""};
    List<String> keys = List.of("podnamespace", "podname", "poduid", "node");
    in.object(
        name -> {
          int key = keys.indexOf(name.toLowerCase(Locale.ROOT));
          if (key >= 0) {
            texts[key] = in.text();
          }
          return key >= 0;
        });
    List<String> shown = List.of("PodNamespace", "PodName", "PodUID", "Node");
    for (int i = 0; i < texts.length; i++) {
      if (texts[i].isEmpty()) {
        throw new WireException("The body has no " + shown.get(i) + ".");
      }
    }
    return new BindCall(new Ref(texts[0], texts[1], texts[2]), texts[3]);
  }

  private static PodView named(@Nullable PodView pod) throws WireException {
    if (pod == null) {
      throw new WireException("The body has no Pod.");
    }
    if (pod.uid().isBlank() || pod.ref().name().isBlank()) {
      throw new WireException(
          "The Pod has no " + (pod.uid().isBlank() ? "uid" : "name") + " in its metadata.");
    }
    return pod;
  }

  /** A request of filter or prioritize while it is being read. */
  private final class FilterDraft {
    private final JsonIn in;
    private final byte[] body;
    private final Set<String> unknown = new LinkedHashSet<>(0);
    private @Nullable PodView pod;
    private @Nullable NodeList named;
    private @Nullable NodeList given;

    FilterDraft(JsonIn in, byte[] body) {
      this.in = in;
      this.body = body;
    }

    FilterCall read() throws IOException, WireException {
      in.object(this::field);
      NodeList nodes = named != null ? named : given;
      if (nodes == null) {
        throw new WireException(
            "The body names no nodes: NodeNames and Nodes are missing or null.\n"
                + "Set nodeCacheCapable: true for this extender.");
      }
      for (String name : nodes.unknown()) {
        refuseIfTooLong(name);
      }
      return new FilterCall(named(pod), nodes);
    }

    /** The answer repeats unknown names; no object of Kubernetes has a longer one. */
    private static void refuseIfTooLong(String name) throws WireException {
      if (name.length() > LONGEST_NAME) {
        throw new WireException(
            "The name of a node ("
                + name.substring(0, 40)
                + "…) has "
                + name.length()
                + " characters.\nNames of Kubernetes have "
                + LONGEST_NAME
                + " at most.");
      }
    }

    private boolean field(String name) throws IOException, WireException {
      switch (name.toLowerCase(Locale.ROOT)) {
        case "pod" -> pod = in.isNull() ? null : PodReader.read(in);
        case "nodenames" -> named = in.isNull() ? null : names();
        case "nodes" -> given = in.isNull() ? null : objects();
        default -> {
          return false;
        }
      }
      return true;
    }

    private NodeList names() throws IOException, WireException {
      NodeList plain = begin();
      long from = in.parser().currentTokenLocation().getByteOffset();
      if (new NameScan(names, body, from).read(sink(plain))) {
        in.end();
        return plain;
      }
      NodeList list = begin();
      in.array(() -> name(list, in.name()));
      return list;
    }

    private void name(NodeList list, String name) {
      int index = names.find(name);
      if (index >= 0) {
        add(list, index);
      } else {
        addUnknown(list, name);
      }
    }

    private NameScan.Sink sink(NodeList list) {
      return new NameScan.Sink() {
        @Override
        public void known(int index) {
          add(list, index);
        }

        @Override
        public void unknown(String name) {
          addUnknown(list, name);
        }
      };
    }

    private NodeList objects() throws IOException, WireException {
      NodeList list = begin();
      NodeObjects objects = new NodeObjects(body);
      list.keep(objects);
      in.object(
          field -> {
            if (!field.equals("items")) {
              return false;
            }
            in.array(() -> object(list, objects));
            return true;
          });
      return list;
    }

    private void object(NodeList list, NodeObjects objects) throws IOException, WireException {
      long from = in.parser().currentTokenLocation().getByteOffset();
      String[] name = {""};
      in.object(
          field -> {
            if (!field.equals("metadata")) {
              return false;
            }
            in.object(
                key -> {
                  boolean known = key.equals("name");
                  name[0] = known ? in.text() : name[0];
                  return known;
                });
            return true;
          });
      if (name[0].isEmpty()) {
        throw in.problem("is a node without a name.");
      }
      long to = in.parser().currentLocation().getByteOffset();
      objects.add(name[0], (int) from, (int) to);
      name(list, name[0]);
    }

    private NodeList begin() {
      round++;
      unknown.clear();
      if (seen.length < names.limit()) {
        seen = Arrays.copyOf(seen, names.limit());
      }
      return new NodeList(Math.min(names.size(), body.length / 4));
    }

    private void add(NodeList list, int index) {
      if (seen[index] != round) {
        seen[index] = round;
        list.add(index);
      }
    }

    private void addUnknown(NodeList list, String name) {
      if (unknown.add(name)) {
        list.addUnknown(name);
      }
    }
  }

  /** A request of preempt while it is being read. */
  private static final class PreemptDraft {
    private final JsonIn in;
    private final Map<String, Candidate> candidates = new LinkedHashMap<>();
    private @Nullable PodView pod;

    PreemptDraft(JsonIn in) {
      this.in = in;
    }

    PreemptCall read() throws IOException, WireException {
      in.object(this::field);
      return new PreemptCall(named(pod), List.copyOf(candidates.values()));
    }

    private boolean field(String name) throws IOException, WireException {
      switch (name.toLowerCase(Locale.ROOT)) {
        case "pod" -> pod = in.isNull() ? null : PodReader.read(in);
        case "nodenametovictims", "nodenametometavictims" -> in.object(this::candidate);
        default -> {
          return false;
        }
      }
      return true;
    }

    /** The key is the node's name; a null instead of victims means none. */
    private boolean candidate(String node) throws IOException, WireException {
      List<String> uids = new ArrayList<>();
      int[] violations = {0};
      in.object(
          field -> {
            switch (field.toLowerCase(Locale.ROOT)) {
              case "pods" -> in.array(() -> uids.add(victim()));
              case "numpdbviolations" -> violations[0] = in.integer();
              default -> {
                return false;
              }
            }
            return true;
          });
      candidates.put(node, new Candidate(node, uids, violations[0]));
      return true;
    }

    /** Either {@code {"UID": ...}} or a whole pod. */
    private String victim() throws IOException, WireException {
      String[] uid = {""};
      in.object(
          field -> {
            switch (field.toLowerCase(Locale.ROOT)) {
              case "uid" -> uid[0] = in.text();
              case "metadata" ->
                  in.object(
                      key -> {
                        boolean known = key.equals("uid");
                        uid[0] = known ? in.text() : uid[0];
                        return known;
                      });
              default -> {
                return false;
              }
            }
            return true;
          });
      return uid[0];
    }
  }
}
