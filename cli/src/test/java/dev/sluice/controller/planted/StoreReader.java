package dev.sluice.controller.planted;

import dev.sluice.manager.store.Store;

/** A controller is given objects; it does not fetch them. */
record StoreReader(Store store) {}
