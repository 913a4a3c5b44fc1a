#include <stdio.h>

int main(void)
{
	puts("mpcup");
	return 0;
}
