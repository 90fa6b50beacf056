/** A real control plane for tests: the released programs, each in a process of its own. */
@NullMarked
package gpu.kerf.extender.controlplane;

import org.jspecify.annotations.NullMarked;
