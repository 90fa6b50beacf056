package gpu.kerf.extender.access;

import java.util.Set;

/**
 * The names that answers may contain, for which a user's rights are looked up; on the thread that
 * owns the scheduling.
 */
public interface VisibleNames {

  Set<String> namespaces();

  Set<String> teams();
}
