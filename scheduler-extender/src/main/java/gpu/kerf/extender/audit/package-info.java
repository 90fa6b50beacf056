/**
 * The auditor: who holds which part of which GPU, worked out from objects of the API server alone,
 * and where two hold the same.
 *
 * <p>{@link gpu.kerf.extender.audit.ClusterReader} reads the objects, {@link
 * gpu.kerf.extender.audit.Audit} compares what they say. The package shares no code with the
 * ledger, with {@code gpu-model} or with the readers of Kerf's annotations, so that a fault in
 * those cannot hide itself; a test pins that.
 */
@NullMarked
package gpu.kerf.extender.audit;

import org.jspecify.annotations.NullMarked;
