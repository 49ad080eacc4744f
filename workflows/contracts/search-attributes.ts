import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTE } from './names';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** Typed keys of the search attributes, for whoever sets or reads them. */
export const SEARCH_ATTRIBUTE_KEYS = {
  publicId: keyword(SEARCH_ATTRIBUTE.publicId),
  cluster: keyword(SEARCH_ATTRIBUTE.cluster),
  failureDomain: keyword(SEARCH_ATTRIBUTE.failureDomain),
  incidentClass: keyword(SEARCH_ATTRIBUTE.incidentClass),
  phase: keyword(SEARCH_ATTRIBUTE.phase),
  outcome: keyword(SEARCH_ATTRIBUTE.outcome),
};
