package gpu.kerf.extender.state;

import gpu.kerf.extender.dialect.KerfDialect;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.List;

/**
 * A container for which a pod's ResourceClaim can stand: it asks for a resource of Kerf's.
 *
 * @param index among the init containers and then the others
 */
public record ClaimableContainer(String name, int index, String resource) {

  static List<ClaimableContainer> of(PodView pod) {
    List<ClaimableContainer> found = new ArrayList<>(1);
    int index = 0;
    for (List<PodView.Container> some : List.of(pod.initContainers(), pod.containers())) {
      for (PodView.Container each : some) {
        String resource = KerfDialect.resourceOf(each);
        if (!resource.isEmpty()) {
          found.add(new ClaimableContainer(each.name(), index, resource));
        }
        index++;
      }
    }
    return List.copyOf(found);
  }
}
