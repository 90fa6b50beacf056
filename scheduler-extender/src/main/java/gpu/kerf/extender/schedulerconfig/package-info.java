/** The configuration of the kube-scheduler that Kerf extends: written, and checked. */
@NullMarked
package gpu.kerf.extender.schedulerconfig;

import org.jspecify.annotations.NullMarked;
