package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;

/** The fields that every event about a pod has. */
final class PodSubject {

  private PodSubject() {}

  static String of(PodView.Ref pod) {
    return "pods/" + pod.namespace() + "/" + pod.name();
  }

  static void write(JsonGenerator out, PodView.Ref pod, String team, Viewer viewer)
      throws IOException {
    out.writeStringField("namespace", pod.namespace());
    out.writeStringField("pod", pod.name());
    out.writeStringField("uid", pod.uid());
    if (!team.isEmpty()) {
      out.writeStringField("team", viewer.team(team));
    }
  }
}
