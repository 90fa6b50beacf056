/**
 * Looks whether the cluster has everything that Kerf's manifests install, and says what it lacks.
 */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.installation;

import org.jspecify.annotations.NullMarked;
