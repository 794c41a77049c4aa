/** Tests of discovery. */
@NullMarked
package dev.sluice.manager.discovery;

import org.jspecify.annotations.NullMarked;
