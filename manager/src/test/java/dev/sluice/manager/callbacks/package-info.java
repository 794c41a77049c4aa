/** Tests of what service managers are told. */
@NullMarked
package dev.sluice.manager.callbacks;

import org.jspecify.annotations.NullMarked;
