/** Tests of events. */
@NullMarked
package dev.sluice.manager.events;

import org.jspecify.annotations.NullMarked;
