/** Customers are numbered from here on, without gaps. */
export const FIRST_CUSTOMER = 4001;
