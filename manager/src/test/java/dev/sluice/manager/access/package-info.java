/** Tests of who may do what. */
@NullMarked
package dev.sluice.manager.access;

import org.jspecify.annotations.NullMarked;
