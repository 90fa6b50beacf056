/**
 * The auditor: it computes which pod holds which part of which GPU from objects of the API server
 * alone, and finds parts that two pods hold.
 *
 * <p>{@link gpu.kerf.extender.audit.ClusterReader} reads the objects, {@link
 * gpu.kerf.extender.audit.Audit} compares what they say. The package shares no code with the
 * ledger, with {@code gpu-model} or with the readers of Kerf's annotations, so that a fault in
 * those cannot hide itself; a test pins that.
 */
@NullMarked
package gpu.kerf.extender.audit;

import org.jspecify.annotations.NullMarked;
