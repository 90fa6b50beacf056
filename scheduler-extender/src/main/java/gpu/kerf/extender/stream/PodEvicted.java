package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.util.List;

/**
 * The API server has taken an eviction of Kerf's.
 *
 * @param team empty if the pod belongs to none
 * @param why as its event in Kubernetes says
 */
public record PodEvicted(PodView.Ref pod, String team, String why) implements EventData {

  @Override
  public String type() {
    return PREFIX + "pod.evicted.v1";
  }

  @Override
  public String subject() {
    return PodSubject.of(pod);
  }

  @Override
  public String key() {
    return pod.toString();
  }

  @Override
  public List<String> namespaces() {
    return List.of(pod.namespace());
  }

  @Override
  public boolean isSeenBy(Viewer viewer) {
    return viewer.seesNamespace(pod.namespace());
  }

  /** The sentence names the pod that gets the place, which may be of another team. */
  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    PodSubject.write(out, pod, team, viewer);
    out.writeStringField("why", viewer.withoutPods(viewer.sentence(why)));
  }
}
