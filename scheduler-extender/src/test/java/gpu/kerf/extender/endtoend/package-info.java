/**
 * The whole of it as users run it: a real kube-scheduler, a real API server, and Kerf as a process
 * of its own between them.
 */
@NullMarked
package gpu.kerf.extender.endtoend;

import org.jspecify.annotations.NullMarked;
