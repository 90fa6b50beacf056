/**
 * Which client may see what. The API server judges: TokenReview says whose token it is, and
 * SubjectAccessReview what that user may read. {@link gpu.kerf.extender.access.Viewer} is the
 * result, and all that is shown passes through it.
 */
@NullMarked
package gpu.kerf.extender.access;

import org.jspecify.annotations.NullMarked;
