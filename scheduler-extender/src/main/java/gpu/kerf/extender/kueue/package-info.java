/** What Kueue's objects say, and what Kerf says of them: Workloads, AdmissionChecks, flavors. */
@NullMarked
package gpu.kerf.extender.kueue;

import org.jspecify.annotations.NullMarked;
